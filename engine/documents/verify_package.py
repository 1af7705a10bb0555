"""核验归档包 | Verify this package: python3 verify.py [package.zip or directory]; needs Python 3.8 or later alone."""

import hashlib
import json
import pathlib
import sys
import zipfile


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def check(at: pathlib.Path, listing: str = "MANIFEST.sha256") -> "tuple[str, list[str]]":
    pack = zipfile.ZipFile(at) if at.is_file() else None
    read = pack.read if pack else lambda name: (at / name).read_bytes()
    names = sorted(pack.namelist() if pack else [p.relative_to(at).as_posix() for p in at.rglob("*") if p.is_file()])
    found = [f"{digest(read(n)) if names.count(n) < 2 else '2' * 64}  {n}" for n in names if n != listing]  # no twins
    odd = {*found, ""} ^ {*read(listing).decode().split("\n")}
    wrong = [f"文件改动、缺失或多出 | file changed, missing or added: {line[66:]}" for line in odd]
    trail, acts, proved = json.loads(read("trail.json")), 0, 0
    proofs = {(each["chain"], each["seq"], each["key"]): each for each in trail["proofs"]}
    for chain in trail["chains"]:
        seq, last = 0, "0" * 64
        for *act, claimed in chain["acts"]:
            hashed = digest(json.dumps(act, ensure_ascii=False, separators=(",", ":")).encode())
            if act[:2] != [chain["chain"], seq + 1] or act[7] != last or hashed != claimed:
                wrong.append(f"审计记录被改动、缺失或调换 | act changed, missing or moved: {act[0]}-{act[1]}")
            seq, last, acts, said = act[1], claimed, acts + 1, json.loads(act[6])
            for key in {"seal", "sha256"} & {*said}:
                proof = proofs.pop((act[0], act[1], key), {})
                page = read(proof["file"]).partition(b"<body>\n")[2] if "file" in proof else b""
                if digest(page.rpartition(b"</body>")[0] or proof.get("text", "").encode()) == said[key]:
                    proved += 1
                elif proof or key == "seal" or not act[4].endswith(("publish", "-user-task")):
                    wrong.append(f"登记与审计记录不符 | record differs from the act that made it: {act[0]}-{act[1]}")
        if [seq, last] != chain["head"]:
            wrong.append(f"审计记录末尾缺失 | the last acts are missing: {chain['chain']}")
    wrong += [f"审计记录中没有此登记 | record that no act has made: {key[0]}-{key[1]}" for key in proofs]
    told = f"文件 {len(found)} 个 | files; 审计记录 {acts} 条 | acts; 填报和登记 {proved} 处 | forms and records"
    return f"{told}\n指纹（与移交清单核对）| fingerprint, to be compared: {digest(read(listing))}", wrong


if __name__ == "__main__":
    try:
        told, wrong = check(pathlib.Path(sys.argv[1]) if sys.argv[1:] else pathlib.Path(__file__).resolve().parent)
    except Exception as error:
        told, wrong = "", [f"不能读取，已损坏或被改动 | cannot be read, damaged or changed: {error!r}"]
    print(told, *sorted({*wrong}) or ["核验通过，未发现改动 | proven: nothing was changed"], sep="\n")
    sys.exit(len(wrong) > 0)
