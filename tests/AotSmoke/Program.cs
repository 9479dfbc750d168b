using System.Diagnostics;
using Kindling.Adapt;
using Kindling.Bundles;

// Opens the bundle given as argument, fits it to made-up examples, predicts, saves and opens the delta: everything an app does, compiled ahead of time.
Stopwatch watch = Stopwatch.StartNew();
using AdaptableModel model = AdaptableModel.Open(args[0], new AdaptOptions { RequireImprovement = false });
using Learner learner = model.CreateLearner();
BundleManifest manifest = model.Manifest;
int[] shape = [.. manifest.Input.Shape.Skip(1).Select(size => size!.Value)];
int count = shape.Aggregate(1, (product, size) => product * size);

AdaptReport report = await learner.AdaptAsync(Support());
Prediction prediction = learner.Predict(Input(1));
double milliseconds = watch.Elapsed.TotalMilliseconds;
string delta = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
learner.Save(delta);
using Learner back = model.OpenLearner(delta);
bool same = back.Predict(Input(1)).Values.SequenceEqual(prediction.Values);
File.Delete(delta);

Console.WriteLine($"{manifest.Name}: {report.Steps} steps, loss {report.LossBefore:0.0000} -> {report.LossAfter:0.0000}");
Console.WriteLine($"{milliseconds:0.0} ms from opening the bundle to the first adapted prediction");
Console.WriteLine($"prediction {prediction}, the same from the saved delta: {same}");
return report.Accepted && same ? 0 : 1;

FloatTensor Input(int seed) => new(shape, [.. Enumerable.Range(0, count).Select(i => MathF.Sin((i * 0.1f) + seed))]);

SupportSet Support() =>
    manifest.IsClassification
        ? SupportSet.FromExamples(Enumerable.Range(0, manifest.Output.Count).Select(slot => ($"class {slot}", Input(slot))))
        : SupportSet.FromTargets(
            Enumerable.Range(0, 5).Select(i => (Input(i), new FloatTensor([manifest.Output.Count], new float[manifest.Output.Count])))
        );
