using Kindling.Adapt;
using Kindling.Bundles;

using AdaptableModel model = AdaptableModel.Open("models/navigation/bundle", new AdaptOptions { RequireImprovement = false });
using Learner policy = model.CreateLearner();
Random random = new(1);

// two means and the logarithms of two standard deviations, for each observation
float[] Act(float[] seen) => NormalActions.Draw(policy.Predict(new FloatTensor([2], seen)).Values, random);

// live through 20 episodes, adapt, live through 20 more, adapt
IReadOnlyList<(double Return, AdaptReport Report)> course = await policy.AdaptToAsync(
    cancellation => Task.FromResult<IReadOnlyList<Trajectory>>([.. Enumerable.Range(0, 20).Select(_ => LiveOneEpisode(Act))]),
    horizon: 100,
    steps: 2
);
Console.WriteLine(string.Join(", ", course.Select(step => $"{step.Return:0.0}")));
policy.Save("user.adapted");

// later, again and again: what the policy, as it is by then, has lived through
Trajectory[] lived = [.. Enumerable.Range(0, 20).Select(_ => LiveOneEpisode(Act))];
PolicyStreamReport now = await policy.ObserveAsync(lived, horizon: 100);
Console.WriteLine($"{now.Return:0.0}{(now.StartedAgain ? ", started again" : "")}");

// A point that is paid for being near (0.3, 0.2).
static Trajectory LiveOneEpisode(Func<float[], float[]> act)
{
    List<float> seen = [];
    List<float> done = [];
    List<float> rewards = [];
    float[] place = [0, 0];
    for (int t = 0; t < 100; t++)
    {
        float[] action = act(place);
        seen.AddRange(place);
        done.AddRange(action);
        place = [place[0] + Math.Clamp(action[0], -0.1f, 0.1f), place[1] + Math.Clamp(action[1], -0.1f, 0.1f)];
        rewards.Add(-MathF.Sqrt(MathF.Pow(place[0] - 0.3f, 2) + MathF.Pow(place[1] - 0.2f, 2)));
    }

    return new Trajectory(new FloatTensor([100, 2], [.. seen]), new FloatTensor([100, 2], [.. done]), [.. rewards]);
}
