// Adapts a Kindling bundle with ONNX Runtime for JavaScript: onnxruntime-node, or onnxruntime-web in a browser.

export function readSafetensors(bytes) {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  delete header.__metadata__;
  const values = ([begin, end]) => new Float32Array(bytes.slice(8 + length + begin, 8 + length + end).buffer);
  return Object.fromEntries(
    Object.entries(header).map(([name, { shape, data_offsets }]) => [name, { shape, data: values(data_offsets) }]),
  );
}

// files: the bundle's manifest.json, theta.safetensors and adapt.onnx as Uint8Arrays, by name.
// support: { x: { shape, data }, labels: [class numbers] } or { x, targets: { shape, data } }.
// Returns the loss before each step and after the last, and the adapted parameters (and statistics) as tensors by name.
export async function adapt(ort, files, support, steps, options = {}) {
  const manifest = JSON.parse(new TextDecoder().decode(files['manifest.json']));
  const theta = readSafetensors(files['theta.safetensors']);
  const session = await ort.InferenceSession.create(files[manifest.graphs.adapt.file], options);
  if (manifest.innerRule.batch) throw new Error(`${manifest.name} takes its examples in parts of ${manifest.innerRule.batch}, which this sample does not.`);
  if (manifest.graphs.backbone) throw new Error(`${manifest.name} has a backbone in front of its graphs, which this sample does not run.`);
  const tensor = ({ shape, data }) => new ort.Tensor('float32', data, shape);
  const feeds = { [manifest.input.name]: tensor(support.x) };
  if (support.labels) {
    // Labels are head slots; slots without a class are masked out.
    const used = Math.max(...support.labels) + 1;
    const slots = manifest.output.count;
    feeds.y = new ort.Tensor('int64', BigInt64Array.from(support.labels, BigInt), [support.labels.length]);
    feeds.mask = tensor({ shape: [slots], data: Float32Array.from({ length: slots }, (_, slot) => (slot < used ? 1 : 0)) });
  } else {
    feeds.y = tensor(support.targets);
  }
  for (const { name, shape } of manifest.parameters) {
    feeds[name] = tensor(theta[name]);
    // The optimiser's state, where it has one, starts at zero.
    for (const state of [`${name}.m`, `${name}.v`].filter((s) => manifest.graphs.adapt.inputs.includes(s))) {
      feeds[state] = tensor({ shape, data: new Float32Array(theta[name].data.length) });
    }
  }
  if (manifest.graphs.adapt.inputs.includes('step')) feeds.step = tensor({ shape: [], data: new Float32Array(1) });

  const losses = [];
  for (let step = 0; ; step++) {
    for (const { name } of manifest.parameters.filter((parameter) => parameter.adapts)) {
      // One row of rates a step; the last one goes on.
      const { shape: [rows, ...shape], data } = theta[`${name}.rate`];
      const [row, size] = [Math.min(step, rows - 1), data.length / rows];
      feeds[`${name}.rate`] = tensor({ shape, data: data.slice(row * size, (row + 1) * size) });
    }
    const outputs = await session.run(feeds);
    losses.push(outputs.loss.data[0]);
    if (step === steps) {
      // The loss is that of the parameters which came in; statistics belong to them, too.
      const names = manifest.parameters.filter((parameter) => parameter.adapts).map(({ name }) => [name, feeds[name]]);
      const statistics = manifest.statistics.map(({ name }) => [name, outputs[`${name}.next`]]);
      return { losses, parameters: Object.fromEntries([...names, ...statistics]) };
    }
    for (const name of Object.keys(feeds)) feeds[name] = outputs[`${name}.next`] ?? feeds[name];
  }
}
