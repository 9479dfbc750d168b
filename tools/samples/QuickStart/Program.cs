using Kindling.Adapt;
using Kindling.Bundles;

// usage: QuickStart BUNDLE DELTA, where BUNDLE learns curves y(x), such as models/sinusoid/bundle, and DELTA is a file to save to
using AdaptableModel model = AdaptableModel.Open(args[0]);
using Learner learner = model.CreateLearner();

// Ten points of a curve that the model has never seen.
float[] xs = [-4.5f, -3.5f, -2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f, 3.5f, 4.5f];
SupportSet points = SupportSet.FromTargets(xs.Select(x => (model.Manifest.Prepare([x]), FloatTensor.Scalar(Curve(x)))));

AdaptReport report = await learner.AdaptAsync(points);
Console.WriteLine($"{report.Reason} {report.Steps} steps, {report.Elapsed.TotalMilliseconds:0.0} ms");
float y = learner.Predict(model.Manifest.Prepare([1f])).Values[0];
Console.WriteLine($"y(1) = {y:0.000}, the curve has {Curve(1f):0.000}");

// The next process goes on from there.
learner.Save(args[1]);
using Learner restored = model.OpenLearner(args[1]);
Console.WriteLine($"y(1) = {restored.Predict(model.Manifest.Prepare([1f])).Values[0]:0.000} from {Path.GetFileName(args[1])}");

static float Curve(float x) => 2.5f * MathF.Sin(x - 1f);
