// bench.mjs runs the measurements of `make bench`, one after another, and writes
// what they gave as a dated table into docs/performance.md, the newest first.
//
//   SCALE=0.1 make bench         a tenth of the counts
//   TIGERBEETLE=path make bench  that binary's own benchmark beside the transfers, three times in turn
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";

const scale = Number(process.env.SCALE ?? 1);
const tigerbeetle = process.env.TIGERBEETLE;
const root = new URL("..", import.meta.url).pathname;
const folder = mkdtempSync(join(root, "build/bench-")); // not the system's temporary folder, which may be memory
const count = (n) => Math.max(1000, Math.round(n * scale));
const rows = [];

function bench(what, flags) {
  const args = ["bench", what, ...flags, "--json"];
  const data = join(folder, "books");
  const run = spawnSync(join(root, "bin/tongbao"), [...args, "--data", data], { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8", maxBuffer: 1 << 26 });
  rmSync(data, { recursive: true, force: true });
  process.stdout.write(run.stdout);
  const lines = run.stdout.trim().split("\n");
  const beside = lines.find((l) => l.startsWith("beside"))?.replace(/^beside\s+/, "");
  const processor = lines.find((l) => l.startsWith("processor"))?.match(/processor\s+(\S+)/)?.[1];
  let r = {};
  try {
    r = JSON.parse(lines.at(-1));
  } catch {}
  rows.push({ command: `tongbao ${args.slice(0, -1).join(" ")}`, ok: run.status === 0, processor, beside, ...r });
  return r.per_second ?? 0;
}

function tiger(transfers, batch) {
  const out = spawnSync(tigerbeetle, ["benchmark", `--transfer-count=${transfers}`, "--account-count=10000", `--transfer-batch-count=${batch}`], { cwd: folder, encoding: "utf8", maxBuffer: 1 << 26 });
  const text = out.stdout + out.stderr;
  const accepted = Number(text.match(/load accepted = (\d+) tx\/s/)?.[1] ?? 0);
  rows.push({ command: `tigerbeetle benchmark --transfer-count=${transfers} --account-count=10000 --transfer-batch-count=${batch}`, ok: out.status === 0, per_second: accepted, count: transfers });
  return accepted;
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

try {
  bench("payments", ["--count", count(20e6), "--accounts", Math.max(100000, count(1e6))].map(String));
  for (const n of [count(2e6), count(10e6)]) {
    const ours = [], theirs = [];
    for (let turn = 0; turn < (tigerbeetle ? 3 : 1); turn++) {
      ours.push(bench("transfers", ["--count", n, "--accounts", 10000].map(String)));
      if (tigerbeetle) theirs.push(tiger(n, 8189));
    }
    if (tigerbeetle) rows.push({ command: `ratio of the medians, ${n} transfers`, ok: true, ratio: median(ours) / median(theirs) });
  }
  const ours = bench("transfers", ["--count", count(2e4), "--accounts", 10000, "--clients", 1].map(String));
  if (tigerbeetle) rows.push({ command: "ratio, batch of one", ok: true, ratio: ours / tiger(count(2e4), 1) });
  bench("payments", ["--count", count(2e6), "--accounts", 100000, "--rate", 100000].map(String));
  bench("payments", ["--count", count(4e5), "--accounts", 100000, "--rate", 20000, "--beside", "reading"].map(String));
  bench("payments", ["--count", count(4e5), "--accounts", 100000, "--rate", 20000, "--beside", "backup"].map(String));
  bench("http", ["--count", count(1e5)].map(String));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const commit = execFileSync("git", ["describe", "--always", "--dirty"], { cwd: root, encoding: "utf8" }).trim();
const number = (n, digits = 0) => (n === undefined ? "" : Number(n).toLocaleString("en-US", { maximumFractionDigits: digits }));
const table = rows.map((r) =>
  r.ratio !== undefined
    ? `| ${r.command} | ${r.ratio.toFixed(2)} | | | | | |`
    : `| \`${r.command}\`${r.ok ? "" : " **did not end well**"}${r.beside ? `; beside it ${r.beside}` : ""} | ${number(r.per_second)} | ${number(r.p50_ms, 3)} / ${number(r.p99_ms, 3)} / ${number(r.max_ms, 1)} | ${r.processor ?? ""} | ${number(r.bytes_per_item, 1)} | ${r.rss_bytes ? number(r.rss_bytes / (1 << 20)) : ""} |`,
);
const text = `### ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC, ${commit}

${cpus().length} cores (${cpus()[0].model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB; \`make bench\`${scale === 1 ? "" : ` with SCALE=${scale}`}${tigerbeetle ? "" : "; no TigerBeetle binary was given"}.

| command | a second | p50 / p99 / longest, ms | processor an item | bytes an item | MiB |
|---|---|---|---|---|---|
${table.join("\n")}
`;
console.log(text);
const page = join(root, "docs/performance.md");
const marker = "<!-- make bench writes below this line, the newest first -->\n";
const before = readFileSync(page, "utf8");
if (!before.includes(marker)) throw new Error(`${page} has no line ${marker}`);
writeFileSync(page, before.replace(marker, `${marker}\n${text}`));
if (rows.some((r) => !r.ok)) process.exit(1);
