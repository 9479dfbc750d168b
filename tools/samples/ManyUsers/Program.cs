using Kindling.Adapt;
using Kindling.Bundles;

// usage: ManyUsers BUNDLE POINTS, with lines USER,X,Y: the curves of all users, adapted in one call.
using AdaptableModel model = AdaptableModel.Open(args[0]);
var waiting = File.ReadLines(args[1])
    .Select(line => line.Split(','))
    .GroupBy(
        cells => cells[0],
        cells => (Input: model.Manifest.Prepare([float.Parse(cells[1])]), Target: FloatTensor.Scalar(float.Parse(cells[2])))
    )
    .Select(points => (Name: points.Key, Learner: model.CreateLearner(), Examples: SupportSet.FromTargets(points)))
    .ToList();

AdaptReport[] reports = await model.AdaptManyAsync([
    .. waiting.Select(user => (user.Learner, new AdaptRequest { Support = user.Examples })),
]);

foreach ((var user, AdaptReport report) in waiting.Zip(reports))
{
    Console.WriteLine($"{user.Name}: {report.Reason} At 0: {user.Learner.Predict(model.Manifest.Prepare([0]))}");
    user.Learner.Dispose();
}
