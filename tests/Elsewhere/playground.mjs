// node playground.mjs URL FOLDER: uses the playground as a person would, with the mouse and then with the keyboard alone, leaves screenshots in FOLDER and
// writes what it saw as JSON. The folder that holds node_modules is the working directory.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [url, folder] = process.argv.slice(2);
const { chromium } = await import(pathToFileURL(path.resolve('node_modules/playwright-core/index.mjs')).href);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

// Strokes in units of the pad; jitter makes each drawing another one.
const circle = Array.from({ length: 25 }, (_, i) => [0.5 + 0.3 * Math.sin(i / 3.8), 0.5 - 0.3 * Math.cos(i / 3.8)]);
const shapes = {
  corner: [[[0.25, 0.15], [0.25, 0.8], [0.8, 0.8]]],
  ring: [circle],
  cross: [[[0.2, 0.2], [0.8, 0.8]], [[0.8, 0.2], [0.2, 0.8]]],
};

async function open(options) {
  const page = await (await browser.newContext({ viewport: { width: 1200, height: 760 }, ...options })).newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(url);
  return { page, errors };
}

async function draw(page, shape, shift) {
  const box = await page.locator('#pad').boundingBox();
  const at = ([x, y]) => [box.x + box.width * (x * (1 - shift / 2) + shift), box.y + box.height * (y * (1 - shift) + shift / 2)];
  for (const [first, ...rest] of shapes[shape]) {
    await page.mouse.move(...at(first));
    await page.mouse.down();
    for (const point of rest) await page.mouse.move(...at(point), { steps: 4 });
    await page.mouse.up();
  }
}

// The page asks after every stroke; what counts is the answer to the last one.
const answered = (page) => page.waitForFunction(() => document.querySelector('#answer[aria-busy="false"] strong'));
const text = (page, selector) => page.locator(selector).textContent();

async function withTheMouse() {
  const { page, errors } = await open({});
  const seen = { before: await text(page, '#answer'), answers: {}, errors };
  await page.locator('#classes .add').first().click();
  seen.nothingDrawn = await text(page, '#error');
  const names = Object.keys(shapes);
  for (const [slot, shape] of names.entries()) {
    await page.locator('#classes input').nth(slot).fill(shape);
  }
  for (const shift of [0, 0.12]) {
    for (const [slot, shape] of names.entries()) {
      await draw(page, shape, shift);
      await page.locator('#classes .add').nth(slot).click();
      await page.waitForFunction((n) => document.querySelectorAll('.examples img').length === n, (shift > 0 ? 3 : 0) + slot + 1);
    }
  }
  await page.waitForFunction(() => document.querySelector('#report').textContent.startsWith('6 drawings'));
  for (const shape of names) {
    await page.locator('#clear').click();
    await draw(page, shape, 0.06);
    await answered(page);
    seen.answers[shape] = await text(page, '#answer strong');
  }
  seen.report = await text(page, '#report');
  await page.screenshot({ path: path.join(folder, 'playground.png') });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: path.join(folder, 'playground-dark.png') });
  await page.emulateMedia({ colorScheme: 'light' });
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#download').click()]);
  seen.download = download.suggestedFilename();
  await download.saveAs(path.join(folder, 'drawings.onnx'));
  await page.locator('#undo').click();
  await page.waitForFunction(() => document.querySelectorAll('.examples img').length === 5);
  seen.undone = await text(page, '#report');
  await page.setViewportSize({ width: 420, height: 900 });
  seen.scrollsSideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  await page.screenshot({ path: path.join(folder, 'playground-narrow.png'), fullPage: true });
  return seen;
}

async function withTheKeyboard() {
  const { page, errors } = await open({});
  const key = page.keyboard;
  const tabTo = async (selector) => {
    for (let i = 0; i < 40; i++) {
      if (await page.evaluate((s) => document.activeElement === document.querySelectorAll(s[0])[s[1]], selector)) return;
      await key.press('Tab');
    }
    throw new Error(`${selector} cannot be reached with the tabulator.`);
  };
  const line = async (direction, length) => {
    await key.down(' ');
    for (let i = 0; i < length; i++) await key.press(direction);
    await key.up(' ');
  };
  const strokes = { A: ['ArrowUp', 'ArrowDown'], B: ['ArrowLeft', 'ArrowRight'] };
  for (const [slot, directions] of Object.values(strokes).entries()) {
    await tabTo(['#pad', 0]);
    await line(directions[0], 12);
    await line(directions[1], 24);
    await tabTo(['#classes .add', slot]);
    await key.press('Enter');
    await page.waitForFunction((n) => document.querySelectorAll('.examples img').length === n, slot + 1);
  }
  await page.waitForFunction(() => document.querySelector('#report').textContent.startsWith('2 drawings'));
  await tabTo(['#pad', 0]);
  await line('ArrowLeft', 9);
  await line('ArrowRight', 20);
  await answered(page);
  const answer = await text(page, '#answer strong');
  await key.press('Escape');
  return { answer, cleared: await text(page, '#answer'), errors };
}

try {
  const result = { mouse: await withTheMouse(), keyboard: await withTheKeyboard() };
  process.stdout.write(JSON.stringify(result));
} finally {
  await browser.close();
}
