// The sentences of app.js: written in Chinese, the key to their English.

const ENGLISH = {
  确定: "OK",
  取消: "Cancel",
  请确认: "Please confirm",
  "草稿已保存（{time}）": "Draft saved ({time})",
  "草稿未能保存，请点“保存草稿”或稍后再试": "The draft could not be saved; save it yourself or try again later",
  "正在保存草稿…": "Saving the draft…",
  "文件正在上传，请稍候再提交。": "A file is still being uploaded; please wait before you submit.",
  "正在上传 {name}": "Uploading {name}",
  "{name} 已上传": "{name} has been uploaded",
  "{name} 未能上传：{reason}": "{name} could not be uploaded: {reason}",
  "{name} 已移除": "{name} has been removed",
  移除: "Remove",
  "移除 {name}": "Remove {name}",
  "网络中断": "the connection was interrupted",
  "服务器未能处理（{status}）": "the server could not handle it ({status})",
  服务器未能处理该操作: "The server could not do this",
  "没有匹配的结果": "Nothing matches",
  "{count} 项符合": "{count} match",
  "{count} 个结果，用上下键选择": "{count} results; use the arrow keys",
  "已选择 {name}": "{name} chosen",
  "网络连接失败，操作可能未执行，请刷新页面后重试。": "The connection failed and perhaps nothing was done; reload the page and try again.",
  键盘快捷键: "Keyboard shortcuts",
  "列表中下一项、上一项": "Next, previous item of a list",
  打开所在的一项: "Open the current item",
  查找: "Search",
  显示本说明: "Show this help",
  关闭对话框或菜单: "Close a dialog or menu",
  使用单键快捷键: "Use single-key shortcuts",
  关闭: "Close",
  已复制: "Copied",
  "流程图未能加载，显示的是简图。": "The diagram could not be loaded; a plain picture is shown instead.",
};

/** A sentence in the language of the page, with `{name}` replaced by the values. */
export function text(chinese, values = {}) {
  const english = document.documentElement.lang.startsWith("en");
  const sentence = english ? (ENGLISH[chinese] ?? chinese) : chinese;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
