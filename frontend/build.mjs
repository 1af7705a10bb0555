// Builds everything under engine/web/static/dist, and axe-core for the tests, from package-lock.json and src/.
// The same input gives the same bytes: no times, no machine paths, no source maps.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import esbuild from "esbuild";
import * as sass from "sass";

import { ICONS } from "./src/icons.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, "node_modules");
const dist = path.join(here, "../engine/web/static/dist");
const vendor = path.join(here, "../tests/browser/vendor");
// Browsers of 2021 and newer: offices keep theirs for long.
const SCRIPTS = "es2021";
const STYLES = ["chrome87", "firefox91", "safari14"];

const BUNDLE = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  charset: "utf8",
  legalComments: "none",
  // Beside dist, not in it: drawn by hand.
  external: ["../door.svg"],
  logLevel: "warning",
};

const packages = new Set(["bootstrap", "bootstrap-icons", "htmx.org"]);

function fresh(directory) {
  fs.rmSync(directory, { recursive: true, force: true });
  fs.mkdirSync(directory, { recursive: true });
}

async function theme() {
  const ground = sass.compile(path.join(here, "src/base.scss"), {
    loadPaths: [modules],
    charset: false,
    quietDeps: true,
    // Bootstrap 5 is written for Sass's old module system: its own warnings, not ours.
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
    style: "expanded",
  });
  const own = await esbuild.build({ ...BUNDLE, entryPoints: ["src/theme/index.css"], target: STYLES, minify: false, write: false });
  const all = ground.css + own.outputFiles[0].text;
  const minified = await esbuild.transform(all, { loader: "css", minify: true, target: STYLES, legalComments: "none", charset: "utf8" });
  const head = "/*! With parts of Bootstrap 5 (MIT), see THIRD-PARTY-LICENSES.txt */\n";
  fs.writeFileSync(path.join(dist, "app.css"), head + minified.code);
}

async function app() {
  await esbuild.build({ ...BUNDLE, entryPoints: { app: "src/app/index.js" }, outdir: dist, format: "iife", target: SCRIPTS });
}

function htmx() {
  const head = "/*! htmx 4; 0BSD, see THIRD-PARTY-LICENSES.txt */\n";
  fs.writeFileSync(path.join(dist, "htmx.min.js"), head + fs.readFileSync(path.join(modules, "htmx.org/dist/htmx.min.js"), "utf8"));
}

function icons() {
  const symbols = ICONS.map((name) => {
    const svg = fs.readFileSync(path.join(modules, `bootstrap-icons/icons/${name}.svg`), "utf8");
    const [, box, content] = svg.match(/viewBox="([^"]+)">\s*([\s\S]*?)\s*<\/svg>/);
    return `<symbol id="${name}" viewBox="${box}">${content.replace(/\s*\n\s*/g, "")}</symbol>`;
  });
  const sheet = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
  fs.writeFileSync(path.join(dist, "icons.svg"), sheet);
}

async function diagram() {
  const built = await esbuild.build({
    ...BUNDLE,
    entryPoints: { diagram: "src/diagram/index.js" },
    outdir: dist,
    format: "esm",
    loader: { ".svg": "text" },
    target: SCRIPTS,
    metafile: true,
  });
  for (const input of Object.keys(built.metafile.inputs)) {
    const found = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) packages.add(found[1]);
  }
}

function licence(name) {
  const directory = path.join(modules, name);
  const about = JSON.parse(fs.readFileSync(path.join(directory, "package.json"), "utf8"));
  const file = fs.readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} has no licence file: find out what it may be used for before it is shipped`);
  const text = fs.readFileSync(path.join(directory, file), "utf8").replace(/\r\n/g, "\n").trim();
  return `==== ${about.name} ${about.version} (${about.license})\n\n${text}\n`;
}

function licences() {
  // Packages of bpmn.io carry no @license comments: what esbuild collects would be empty.
  const texts = [...packages].sort().map(licence);
  fs.writeFileSync(path.join(dist, "THIRD-PARTY-LICENSES.txt"), texts.join("\n"));
}

function axe() {
  fresh(vendor);
  fs.copyFileSync(path.join(modules, "axe-core/axe.min.js"), path.join(vendor, "axe.min.js"));
  fs.copyFileSync(path.join(modules, "axe-core/LICENSE"), path.join(vendor, "axe-LICENSE.txt"));
}

function manifest(directory) {
  const files = fs.readdirSync(directory).filter((name) => name !== "manifest.json").sort();
  const hash = (name) => createHash("sha256").update(fs.readFileSync(path.join(directory, name))).digest("hex");
  const hashes = Object.fromEntries(files.map((name) => [name, hash(name)]));
  fs.writeFileSync(path.join(directory, "manifest.json"), JSON.stringify(hashes, null, 2) + "\n");
}

fresh(dist);
await theme();
await app();
htmx();
icons();
await diagram();
licences();
axe();
manifest(dist);
manifest(vendor);
