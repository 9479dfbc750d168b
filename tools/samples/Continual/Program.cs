using Kindling.Adapt;
using Kindling.Bundles;

// usage: Continual BUNDLE USER X Y, a few times: the user gives one more point of a curve each time.
using AdaptableModel model = AdaptableModel.Open(args[0], new AdaptOptions { SavedGenerations = 3 });
string user = args[1];
SupportSet examples = SupportSet.FromTargets([(model.Manifest.Prepare([float.Parse(args[2])]), FloatTensor.Scalar(float.Parse(args[3])))]);

using Learner learner = File.Exists($"{user}.adapted") ? model.OpenLearner($"{user}.adapted") : model.CreateLearner();
ReplayMemory memory = File.Exists($"{user}.memory") ? ReplayMemory.Open($"{user}.memory") : new ReplayMemory(capacity: 200);
memory.Add(examples); // the oldest of the largest class goes when it is full
memory.Save($"{user}.memory");
File.Delete($"{user}.paused"); // what was begun is of fewer examples

AdaptRequest request = new()
{
    Support = memory.ToSupportSet(), // all that is remembered, not only what is new
    FromStart = true, // from the meta-initialisation, which the few steps were learnt for
    TimeBudget = TimeSpan.FromSeconds(1),
    PauseFile = $"{user}.paused", // where the same request goes on, if a second was not enough
};
AdaptReport report = await learner.AdaptAsync(request);
if (report.Accepted)
{
    learner.Save($"{user}.adapted"); // three earlier states stay beside it
}

Console.WriteLine(report.Reason);
foreach (SupportFinding finding in report.Findings)
{
    Console.WriteLine($"please check: {finding}");
}
