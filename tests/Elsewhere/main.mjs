// node main.mjs ENGINE STEPS BUNDLE...: adapts each bundle with an engine (node, wasm or webgpu) and writes a JSON array of the results.
// The folder that holds node_modules is the working directory. A browser is $CHROMIUM or chromium.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [engine, steps, ...bundles] = process.argv.slice(2);
const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const sample = path.resolve(here, '../../tools/samples/javascript/adapt.mjs');
const modules = path.resolve('node_modules');

async function inNode() {
  const { run } = await import('./bundle.mjs');
  const adapt = await import(pathToFileURL(sample).href);
  const { default: ort } = await import(pathToFileURL(path.join(modules, 'onnxruntime-node/dist/index.js')).href);
  const results = [];
  for (const bundle of bundles) {
    const read = async (name) => new Uint8Array(await readFile(path.join(bundle, name)));
    results.push(await run(adapt, ort, read, Number(steps), { intraOpNumThreads: 1 }));
  }
  return results;
}

async function inBrowser() {
  const types = { '.mjs': 'text/javascript', '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
  const roots = { '/adapt.mjs': sample, '/bundle.mjs': path.join(here, 'bundle.mjs') };
  const server = createServer(async (request, response) => {
    const url = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    const bundle = /^\/bundles\/(\d+)\/(.*)$/.exec(url);
    const file =
      roots[url] ??
      (bundle && path.join(bundles[bundle[1]], bundle[2])) ??
      (url.startsWith('/ort/') && path.join(modules, 'onnxruntime-web/dist', url.slice(5)));
    try {
      const body = url === '/' ? '<!doctype html><title>Kindling</title>' : await readFile(file);
      response.writeHead(200, { 'Content-Type': types[path.extname(file || 'index.html')] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { chromium } = await import(pathToFileURL(path.join(modules, 'playwright-core/index.mjs')).href);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--enable-unsafe-webgpu'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    return await page.evaluate(
      async ({ engine, steps, count }) => {
        if (engine === 'webgpu' && !(await navigator.gpu?.requestAdapter())) return 'no WebGPU adapter';
        const { run } = await import('/bundle.mjs');
        const adapt = await import('/adapt.mjs');
        const ort = await import(engine === 'webgpu' ? '/ort/ort.webgpu.min.mjs' : '/ort/ort.wasm.min.mjs');
        ort.env.wasm.numThreads = 1;
        ort.env.wasm.wasmPaths = '/ort/';
        const results = [];
        for (let i = 0; i < count; i++) {
          const read = async (name) => new Uint8Array(await (await fetch(`/bundles/${i}/${name}`)).arrayBuffer());
          results.push(await run(adapt, ort, read, steps, { executionProviders: [engine] }));
        }
        return results;
      },
      { engine, steps: Number(steps), count: bundles.length },
    );
  } finally {
    await browser.close();
    server.close();
  }
}

const results = await (engine === 'node' ? inNode() : inBrowser());
process.stdout.write(JSON.stringify(results), () => process.exit(0));
