using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

public sealed class LearnerPoolTests
{
    private TemporaryFolder _folder = null!;
    private AdaptableModel _model = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        TestBundles.Classifier(_folder["b"], new TestBundleOptions { Steps = 5, Rates = [0.4f] });
        _model = AdaptableModel.Open(_folder["b"]);
    }

    [TearDown]
    public void TearDown()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task AdaptAsync_MoreUsersThanFit_EvictedOnesComeBackAsTheyWere()
    {
        await using LearnerPool pool = Pool(resident: 4);
        string[] users = [.. Enumerable.Range(0, 20).Select(i => $"user/{i}")];

        await Task.WhenAll(users.Select((user, i) => pool.AdaptAsync(user, Request(i))));

        Assert.That(pool.Resident, Is.LessThanOrEqualTo(4));
        Assert.That(Directory.GetFiles(_folder["pool"]), Has.Length.EqualTo(20));
        for (int i = 0; i < users.Length; i++)
        {
            using Learner alone = _model.CreateLearner();
            alone.Adapt(Request(i));
            Assert.That(pool.Predict(users[i], Data.Point(0.3f, 1)).Values, Is.EqualTo(alone.Predict(Data.Point(0.3f, 1)).Values));
            Assert.That(pool.Resident, Is.LessThanOrEqualTo(4));
        }
    }

    [Test]
    public async Task Dispose_AndOpenAgain_UsersAreThere()
    {
        await using (LearnerPool first = Pool())
        {
            await first.AdaptAsync("ann", Request(1));
        }

        await using LearnerPool second = Pool();

        Assert.That((second.Contains("ann"), second.Contains("bob")), Is.EqualTo((true, false)));
        Assert.That(second.Use("ann", learner => learner.Steps), Is.EqualTo(5));
        Assert.That(second.Use("bob", learner => learner.Steps), Is.Zero, "who has none starts at the meta-initialisation");
        Assert.That(second.Contains("bob"), Is.False);
    }

    [Test]
    public async Task AdaptAsync_SeveralOfOneUser_RunInOrder()
    {
        await using LearnerPool pool = Pool();

        AdaptReport[] reports = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => pool.AdaptAsync("ann", Request(0))));

        Assert.That(reports.Skip(1).Select(r => r.LossBefore), Is.EqualTo(reports.SkipLast(1).Select(r => r.LossAfter)).Within(1e-6));
        Assert.That(pool.Use("ann", learner => learner.Steps), Is.EqualTo(50));
    }

    [Test]
    public async Task AdaptAsync_QueueFull_IsRefused()
    {
        await using LearnerPool pool = Pool(queued: 2);
        using ManualResetEventSlim go = new();
        Blocker blocker = new(go);
        Task<AdaptReport> running = pool.AdaptAsync("ann", Request(0), blocker);
        await blocker.Started;
        Task<AdaptReport>[] waiting = [pool.AdaptAsync("bob", Request(1)), pool.AdaptAsync("cid", Request(2))];

        Assert.That(
            () => pool.AdaptAsync("dan", Request(3)),
            Throws.TypeOf<LearnerPoolBusyException>().With.Message.EqualTo("2 adaptations are waiting, no more are taken.")
        );
        Assert.That(pool.Waiting, Is.EqualTo(2));
        go.Set();
        await Task.WhenAll(waiting.Append(running));
        Assert.That((await pool.AdaptAsync("dan", Request(3))).Accepted, Is.True);
    }

    [Test]
    public async Task AdaptAsync_CancelledWhileItWaits_DoesNotRun()
    {
        await using LearnerPool pool = Pool();
        using ManualResetEventSlim go = new();
        using CancellationTokenSource cancel = new();
        Blocker blocker = new(go);
        Task<AdaptReport> running = pool.AdaptAsync("ann", Request(0), blocker);
        await blocker.Started;
        Task<AdaptReport> waiting = pool.AdaptAsync("bob", Request(1), cancellationToken: cancel.Token);

        await cancel.CancelAsync();
        go.Set();

        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        Assert.That((await running).Accepted, Is.True);
        Assert.That(pool.Contains("bob"), Is.False);
    }

    [TestCase(0)]
    [TestCase(1)]
    public async Task AdaptAsync_CannotBeSaved_IsAsOnDisk(int rollbackDepth)
    {
        using AdaptableModel model = AdaptableModel.Open(
            _folder["b"],
            new AdaptOptions { RollbackDepth = rollbackDepth, SavedGenerations = 1 }
        );
        await using LearnerPool pool = new(model, new LearnerPoolOptions { Folder = _folder["pool"] });
        AdaptReport first = await pool.AdaptAsync("ann", Request(0));
        string inTheWay = Directory.GetFiles(_folder["pool"]).Single() + ".1";
        Directory.CreateDirectory(inTheWay);

        Assert.That(
            () => pool.AdaptAsync("ann", Request(0)),
            Throws.InstanceOf<IOException>().Or.InstanceOf<UnauthorizedAccessException>()
        );

        Assert.That(pool.Use("ann", learner => learner.Steps), Is.EqualTo(5));
        Directory.Delete(inTheWay);
        Assert.That((await pool.AdaptAsync("ann", Request(0))).LossBefore, Is.EqualTo(first.LossAfter).Within(1e-6));
    }

    [Test]
    public async Task AdaptAsync_WhoeverIsToldThrows_IsAsOnDisk()
    {
        int told = 0;
        using AdaptableModel model = AdaptableModel.Open(
            _folder["b"],
            new AdaptOptions { Adapted = _ => told = told < 1 ? told + 1 : throw new InvalidOperationException("no") }
        );
        await using LearnerPool pool = new(model, new LearnerPoolOptions { Folder = _folder["pool"] });
        await pool.AdaptAsync("ann", Request(0));

        Assert.That(() => pool.AdaptAsync("ann", Request(0)), Throws.InvalidOperationException.With.Message.EqualTo("no"));

        Assert.That(pool.Use("ann", learner => learner.Steps), Is.EqualTo(5));
    }

    [Test]
    public async Task DeleteAsync_User_LeavesNothing()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"], new AdaptOptions { SavedGenerations = 2 });
        await using LearnerPool pool = new(model, new LearnerPoolOptions { Folder = _folder["pool"] });
        await pool.AdaptAsync("ann", Request(0));
        await pool.AdaptAsync("ann", Request(0));
        Assert.That(Directory.GetFiles(_folder["pool"]), Has.Length.EqualTo(2));

        await pool.DeleteAsync("ann");

        Assert.That(Directory.GetFiles(_folder["pool"]), Is.Empty);
        Assert.That(pool.Use("ann", learner => learner.Steps), Is.Zero);
    }

    [Test]
    public async Task DeleteAsync_AfterAKilledSave_LeavesNothingOfIt()
    {
        await using LearnerPool pool = Pool();
        await pool.AdaptAsync("ann", Request(0));
        string file = Path.GetFileName(Directory.GetFiles(_folder["pool"]).Single());
        await File.WriteAllTextAsync(Path.Combine(_folder["pool"], $".{file}.abcdefgh.ijk.tmp"), "half");
        await File.WriteAllTextAsync(Path.Combine(_folder["pool"], $".{file}.1.abcdefgh.ijk.tmp"), "half of a kept generation");

        await pool.DeleteAsync("ann");

        Assert.That(Directory.GetFiles(_folder["pool"]), Is.Empty);
    }

    [Test]
    public async Task DeleteAsync_DamagedFile_IsGone()
    {
        await using LearnerPool pool = Pool();
        await pool.AdaptAsync("ann", Request(0));
        await pool.DisposeAsync();
        await using LearnerPool again = Pool();
        await File.WriteAllTextAsync(Directory.GetFiles(_folder["pool"]).Single(), "broken");

        await again.DeleteAsync("ann");

        Assert.That(Directory.GetFiles(_folder["pool"]), Is.Empty);
        Assert.That(again.Resident, Is.Zero);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Use_TakenOutOfMemoryMeanwhile_GoesOnToItsEnd(bool dispose)
    {
        LearnerPool pool = Pool();
        await pool.AdaptAsync("ann", Request(0));
        ILearner? used = null;

        int steps = pool.Use(
            "ann",
            learner =>
            {
                used = learner;
                (dispose ? pool.DisposeAsync().AsTask() : pool.DeleteAsync("ann")).Wait();
                return learner.Steps;
            }
        );

        Assert.That(steps, Is.EqualTo(5));
        Assert.That(() => used!.Steps, Throws.TypeOf<ObjectDisposedException>(), "given back");
        Assert.That(pool.Resident, Is.Zero);
        await pool.DisposeAsync();
    }

    [Test]
    public async Task Use_DamagedFile_SaysSoEachTimeAndOthersGoOn()
    {
        await using LearnerPool pool = Pool();
        await pool.AdaptAsync("ann", Request(0));
        string file = Directory.GetFiles(_folder["pool"]).Single();
        await pool.DisposeAsync();
        await using LearnerPool again = Pool();
        await File.WriteAllTextAsync(file, "broken");

        for (int i = 0; i < 2; i++)
        {
            Assert.That(
                () => again.Predict("ann", Data.Point(1, 1)),
                Throws.TypeOf<BundleException>().With.Message.StartsWith($"{file}: expected at least 8 bytes")
            );
        }

        Assert.That(again.Resident, Is.Zero);
        Assert.That((await again.AdaptAsync("bob", Request(1))).Accepted, Is.True);
    }

    [Test]
    public async Task DisposeAsync_WhileWorkWaits_RefusesIt()
    {
        LearnerPool pool = Pool();
        using ManualResetEventSlim go = new();
        Blocker blocker = new(go);
        Task<AdaptReport> running = pool.AdaptAsync("ann", Request(0), blocker);
        await blocker.Started;
        Task<AdaptReport>[] waiting = [pool.AdaptAsync("bob", Request(1)), pool.AdaptAsync("ann", Request(2))];

        Task disposed = pool.DisposeAsync().AsTask();
        go.Set();
        await disposed;

        Assert.That((await running).Accepted, Is.True);
        foreach (Task task in waiting)
        {
            Assert.That(async () => await task, Throws.TypeOf<ObjectDisposedException>());
        }

        Assert.That(() => pool.AdaptAsync("ann", Request(0)), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => pool.Predict("ann", Data.Point(1, 1)), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Create_FaultyOptions_AllAreListed()
    {
        Assert.That(
            () =>
                new LearnerPool(
                    _model,
                    new LearnerPoolOptions
                    {
                        Folder = "",
                        Resident = 0,
                        Adaptations = 0,
                        Queued = -1,
                    }
                ),
            Throws.ArgumentException.With.Message.EqualTo(
                "The options have 4 fault(s): Folder: must not be empty. Resident: expected 1 to 10000000, got 0. "
                    + "Adaptations: expected 1 to 1024, got 0. Queued: expected 0 to 10000000, got -1. (Parameter 'options')"
            )
        );
    }

    private static AdaptRequest Request(int i) => new() { Support = i % 2 == 0 ? Data.Three : Data.Two };

    private LearnerPool Pool(int resident = 100, int queued = 100) =>
        new(
            _model,
            new LearnerPoolOptions
            {
                Folder = _folder["pool"],
                Resident = resident,
                Queued = queued,
                Adaptations = 1,
            }
        );

    /// <summary>Holds an adaptation at its first step.</summary>
    private sealed class Blocker(ManualResetEventSlim go) : IProgress<AdaptProgress>
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Started => _started.Task;

        public void Report(AdaptProgress value)
        {
            _ = _started.TrySetResult();
            go.Wait();
        }
    }
}
