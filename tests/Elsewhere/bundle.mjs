// What Node and the browser share: adapting a bundle to the support set of its first reference episode.

// sample: the module adapt.mjs; read: gives a file of the bundle as a Uint8Array.
export async function run({ adapt, readSafetensors }, ort, read, steps, options) {
  const files = {};
  for (const name of ['manifest.json', 'theta.safetensors', 'adapt.onnx']) files[name] = await read(name);
  const episode = readSafetensors(await read('reference/episodes.safetensors'));
  const x = episode['0.support.x'];
  const y = episode['0.support.y'];
  const classification = JSON.parse(new TextDecoder().decode(files['manifest.json'])).task === 'classification';
  const support = classification ? { x, labels: Array.from(y.data) } : { x, targets: y };
  const { losses, parameters } = await adapt(ort, files, support, steps, options);
  const plain = Object.entries(parameters).map(([name, tensor]) => [name, Array.from(tensor.data)]);
  return { losses, parameters: Object.fromEntries(plain) };
}
