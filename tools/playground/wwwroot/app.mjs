import { Pad } from './pad.mjs';

const SLOTS = 5;
const $ = (id) => document.getElementById(id);
// Thrown away with the tab, like the server's memory of it.
const visitor = (sessionStorage.visitor ??= crypto.randomUUID());
const examples = []; // { slot, drawing, image }
let learnt = false;
let renamed = false; // since the last example: undoing it is then no undoing of the last adaptation
let newest = 0; // answers that are older than the newest question are dropped
let last = Promise.resolve(); // the last change on the server; one at a time

async function call(name, body) {
  const response = await fetch(`/api/${visitor}/${name}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body ?? {}),
  });
  if (!response.ok) throw new Error((await response.json().catch(() => ({}))).detail ?? `${name}: ${response.status}`);
  return response.json();
}

// Changes the learner when the changes before are done.
function change(name, body) {
  last = last.catch(() => {}).then(() => call(name, body));
  return last;
}

async function guarded(action) {
  try {
    $('error').textContent = '';
    await action();
  } catch (error) {
    $('error').textContent = error.message;
  }
}

const cards = Array.from({ length: SLOTS }, (_, slot) => {
  const card = $('class').content.cloneNode(true).firstElementChild;
  const input = card.querySelector('input');
  input.value = 'ABCDE'[slot];
  input.addEventListener('change', () => {
    renamed = true;
    guarded(learn);
  });
  card.querySelector('.add').addEventListener('click', () => guarded(() => add(slot)));
  $('classes').append(card);
  return { card, input, add: card.querySelector('.add'), list: card.querySelector('.examples') };
});

const pad = new Pad($('pad'), recognise);

function name(slot) {
  return cards[slot].input.value.trim() || 'ABCDE'[slot];
}

async function add(slot) {
  if (pad.empty) throw new Error('Draw something first.');
  examples.push({ slot, drawing: pad.drawing(), image: pad.image() });
  pad.clear();
  $('pad').focus();
  show();
  renamed = false;
  await learn();
}

async function learn() {
  const slots = new Set(examples.map(({ slot }) => slot));
  if (slots.size < 2) return;
  if (new Set([...slots].map(name)).size < slots.size) throw new Error('Two classes have the same name.');
  const report = await change('learn', examples.map(({ slot, drawing }) => ({ label: name(slot), ...drawing })));
  learnt ||= report.accepted;
  const notes = report.findings.map((finding) => `\nPlease check: ${finding}`).join('');
  $('report').textContent =
    `${examples.length} drawings, ${report.losses.length - 1} steps, ${report.milliseconds.toFixed(0)} ms. ${report.reason}${notes}`;
  plot(report.losses);
  show();
}

async function recognise() {
  if (!learnt || pad.empty) return answer(null);
  const question = ++newest;
  $('answer').ariaBusy = 'true';
  await guarded(async () => {
    const prediction = await call('predict', pad.drawing());
    if (question === newest) answer(prediction);
  });
  if (question === newest) $('answer').ariaBusy = 'false';
}

function percent(value) {
  return `${(100 * value).toFixed(value > 0.99 && value < 0.9995 ? 1 : 0)} %`;
}

function answer(prediction) {
  const best = prediction?.scores.find(({ name }) => name === prediction.label);
  $('answer').replaceChildren(
    ...(best ? ['This is ', Object.assign(document.createElement('strong'), { textContent: best.name }), `, ${percent(best.value)}.`]
      : [learnt ? 'Draw something to recognise.' : 'Nothing learnt yet.']),
  );
  $('scores').replaceChildren(...(prediction?.scores ?? []).map(({ name, value }) => {
    const row = document.createElement('li');
    row.append(
      Object.assign(document.createElement('span'), { textContent: name }),
      Object.assign(document.createElement('meter'), { min: 0, max: 1, value, ariaLabel: name }),
      Object.assign(document.createElement('span'), { textContent: percent(value) }),
    );
    return row;
  }));
  cards.forEach(({ card }, slot) => card.classList.toggle('recognised', !!best && name(slot) === best.name));
}

function plot(losses) {
  const [left, top, width, height] = [36, 10, 215, 84];
  const most = Math.max(...losses, 1e-6);
  const x = (step) => left + (width * step) / Math.max(1, losses.length - 1);
  const y = (loss) => top + height * (1 - loss / most);
  const part = (tag, attributes, text = '') => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };
  $('loss').replaceChildren(
    part('path', { class: 'axis', d: `M${left} ${top}V${top + height}H${left + width}` }),
    part('path', { d: 'M' + losses.map((loss, step) => `${x(step)} ${y(loss)}`).join('L') }),
    ...losses.map((loss, step) => part('circle', { cx: x(step), cy: y(loss), r: 3 })),
    part('text', { x: left - 6, y: top + 8, 'text-anchor': 'end' }, most.toFixed(2)),
    part('text', { x: left - 6, y: top + height, 'text-anchor': 'end' }, '0'),
    part('text', { x: left + width / 2, y: 114, 'text-anchor': 'middle' }, `loss after 0 to ${losses.length - 1} steps`),
  );
}

function show() {
  cards.forEach(({ list }, slot) =>
    list.replaceChildren(...examples.filter((example) => example.slot === slot)
      .map(({ image }) => Object.assign(new Image(), { src: image, alt: `Example of ${name(slot)}` }))));
  $('undo').disabled = examples.length === 0;
  if (learnt) $('download').href = `/api/${visitor}/model.onnx`;
  else $('download').removeAttribute('href');
  $('download').setAttribute('aria-disabled', String(!learnt));
  answer(null);
}

$('clear').addEventListener('click', () => pad.clear());
$('undo').addEventListener('click', () => guarded(async () => {
  examples.pop();
  const enough = new Set(examples.map(({ slot }) => slot)).size >= 2;
  if (enough && renamed) await learn();
  else if (learnt) learnt = (await change('undo')).undone && enough;
  $('report').textContent = learnt ? 'The last example is forgotten.' : 'Give examples of two characters.';
  $('loss').replaceChildren();
  show();
}));
$('reset').addEventListener('click', () => {
  delete sessionStorage.visitor;
  location.reload();
});
show();
