using System.Collections.Concurrent;
using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Samples.Web;

// A service with one learner for each user of a model of y = f(x):
//   curl -X POST localhost:5000/users/ann/points -H 'Content-Type: application/json' -d '[{"x":1,"y":2},{"x":2,"y":4},{"x":3,"y":6}]'
//   curl localhost:5000/users/ann/predict?x=2.5
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddKindling(options => options.Bundle = builder.Configuration["Bundle"] ?? "models/linear/bundle");
builder.Services.AddHealthChecks().AddKindling();
WebApplication app = builder.Build();
ConcurrentDictionary<string, Learner> learners = new(StringComparer.Ordinal);
app.Lifetime.ApplicationStopped.Register(() => Array.ForEach([.. learners.Values], learner => learner.Dispose()));

app.MapHealthChecks("/health");
app.MapPost(
    "/users/{user}/points",
    async (string user, Point[] points, AdaptableModel model, CancellationToken cancelled) =>
    {
        Learner learner = learners.GetOrAdd(user, _ => model.CreateLearner());
        SupportSet support = SupportSet.FromTargets(points.Select(p => (new FloatTensor([1], [p.X]), new FloatTensor([1], [p.Y]))));
        AdaptReport report = await learner.AdaptAsync(support, cancellationToken: cancelled);
        return new { report.Accepted, report.Reason };
    }
);
app.MapGet(
    "/users/{user}/predict",
    (string user, float x) =>
        learners.TryGetValue(user, out Learner? learner)
            ? Results.Ok(learner.Predict(new FloatTensor([1], [x])).Values)
            : Results.NotFound($"{user} has given no points yet.")
);
app.Run();
