using Kindling.Adapt;
using Kindling.Bundles;

using AdaptableModel model = AdaptableModel.Open("models/linear/bundle"); // thread-safe, shared by all users
using Learner learner = model.CreateLearner(); // one user or task

SupportSet points = SupportSet.FromTargets(new FloatTensor([5, 1], [1, 2, 3, 4, 5]), new FloatTensor([5, 1], [2, 4, 6, 8, 10]));
AdaptReport report = await learner.AdaptAsync(points);

Prediction y = learner.Predict(new FloatTensor([1], [2.5f]));
Console.WriteLine($"{report.Reason} y(2.5) = {y.Values[0]:0.00}");
learner.Save("user42.adapted"); // OpenLearner goes on from there
