using Kindling.Bundles;
using Kindling.OrtTraining;

using IAdaptableModel model = OrtTrainingModel.Open("models/linear/bundle"); // thread-safe, shared by all users
using ILearner learner = model.CreateLearner(); // one user or task

SupportSet points = SupportSet.FromTargets(new FloatTensor([5, 1], [1, 2, 3, 4, 5]), new FloatTensor([5, 1], [2, 4, 6, 8, 10]));
AdaptReport report = await learner.AdaptAsync(points);

Prediction y = learner.Predict(new FloatTensor([1], [2.5f]));
learner.Save("user42.adapted"); // Kindling.Adapt opens it too
