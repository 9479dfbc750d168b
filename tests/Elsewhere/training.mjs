// node training.mjs STEPS FOLDER...: runs the artifacts of each folder (training_model.onnx, eval_model.onnx, optimizer_model.onnx, checkpoint) in the training
// build of ONNX Runtime 1.19.2, on FOLDER/data.json: [{ type, shape, data }, ...] in the order of the model's user inputs. Writes a JSON array: for each
// folder the losses before each step and after the last, the evaluation's outputs there, and all parameters as one array.
// The folder that holds node_modules is the working directory.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [steps, ...folders] = process.argv.slice(2);
const dist = pathToFileURL(path.resolve('node_modules/onnxruntime-web-training/dist') + '/').href;
const ort = await import(`${dist}ort.training.wasm.mjs`);
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = dist;

const results = [];
for (const folder of folders) {
  const file = async (name) => new Uint8Array(await readFile(path.join(folder, name)));
  const session = await ort.TrainingSession.create(
    {
      checkpointState: await file('checkpoint'),
      trainModel: await file('training_model.onnx'),
      evalModel: await file('eval_model.onnx'),
      optimizerModel: await file('optimizer_model.onnx'),
    },
    { executionProviders: ['wasm'] },
  );
  const data = JSON.parse(await readFile(path.join(folder, 'data.json'), 'utf8'));
  const tensor = ({ type, shape, data }) =>
    new ort.Tensor(type, type === 'int64' ? BigInt64Array.from(data, BigInt) : Float32Array.from(data), shape);
  // Fed by position, whatever the keys are called.
  const feeds = Object.fromEntries(data.map((input) => [input.name, tensor(input)]));
  const losses = [];
  for (let step = 0; step <= Number(steps); step++) {
    await session.lazyResetGrad();
    const outputs = await session.runTrainStep(feeds);
    losses.push(outputs.loss.data[0]);
    if (step < Number(steps)) await session.runOptimizerStep();
  }
  const evaluation = await session.runEvalStep(feeds);
  const parameters = await session.getContiguousParameters(true);
  results.push({
    losses,
    // In the order of the model's outputs: the names given are those of the training model.
    evaluation: Object.values(evaluation).map((value) => Array.from(value.data)),
    parameters: Array.from(parameters.data),
  });
}
process.stdout.write(JSON.stringify(results), () => process.exit(0));
