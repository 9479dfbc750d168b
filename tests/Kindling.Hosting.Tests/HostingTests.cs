using Kindling.Adapt;
using Kindling.Bundles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Kindling.Hosting.Tests;

public sealed class HostingTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        TestBundles.Linear(_folder["line"], new TestBundleOptions { Rates = [0.02f] });
        TestBundles.Classifier(_folder["classes"]);
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void AddKindling_OneModel_IsSharedAndDisposedWithTheContainer()
    {
        ServiceProvider services = Services(s => s.AddKindling(options => options.Bundle = _folder["line"]));
        IAdaptableModel model = services.GetRequiredService<IAdaptableModel>();

        Assert.That(services.GetRequiredService<AdaptableModel>(), Is.SameAs(model));
        Assert.That(model.Manifest.Name, Is.EqualTo("linear"));
        services.Dispose();
        Assert.That(() => model.CreateLearner(), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void AddKindling_SeveralModels_HaveKeys()
    {
        using ServiceProvider services = Services(s =>
        {
            s.AddKindling("a", options => options.Bundle = _folder["line"]);
            s.AddKindling("b", options => (options.Bundle, options.Steps) = (_folder["classes"], 9));
        });

        Assert.That(services.GetRequiredKeyedService<IAdaptableModel>("a").Manifest.Name, Is.EqualTo("linear"));
        Assert.That(services.GetRequiredKeyedService<AdaptableModel>("b").Steps, Is.EqualTo(9));
        Assert.That(services.GetService<AdaptableModel>(), Is.Null);
    }

    [Test]
    public void Start_FaultyOptions_AllFaultsAreListed()
    {
        using ServiceProvider services = Services(s =>
        {
            s.AddKindling(options => (options.Threads, options.RollbackDepth) = (-1, -1));
            s.AddKindling("lost", options => options.Bundle = _folder["nowhere"]);
        });

        Assert.That(
            () => services.GetRequiredService<IStartupValidator>().Validate(),
            Throws
                .TypeOf<AggregateException>()
                .With.Property(nameof(AggregateException.InnerExceptions))
                .Matches<IReadOnlyCollection<Exception>>(inner =>
                    inner!
                        .Select(e => e.Message)
                        .SequenceEqual([
                            "Kindling, Bundle: expected the path of a bundle, got none.; Kindling, Threads: expected 0 (ONNX Runtime chooses) to 1024, got -1.; "
                                + "Kindling, RollbackDepth: expected 0 to 1000, got -1.",
                            $"Kindling model 'lost', Bundle: nothing is at {_folder["nowhere"]}.",
                        ])
                )
        );
    }

    [Test]
    public async Task Logging_Adaptations_AreLoggedWithoutExamplesAndNames()
    {
        using Recorder recorder = new();
        using ServiceProvider services = Services(s =>
        {
            s.AddSingleton<ILoggerFactory>(recorder);
            s.AddKindling(options => options.Bundle = _folder["classes"]);
        });
        using ILearner learner = services.GetRequiredService<IAdaptableModel>().CreateLearner();
        SupportSet support = SupportSet.FromExamples([
            ("Ann", new FloatTensor([2], [1, 0])),
            ("Ann", new FloatTensor([2], [1, 0])),
            ("Bob", new FloatTensor([2], [0, 1])),
        ]);
        SupportSet opposite = SupportSet.FromExamples([("Bob", new FloatTensor([2], [1, 0])), ("Ann", new FloatTensor([2], [0, 1]))]);

        await learner.AdaptAsync(support);
        await learner.AdaptAsync(new AdaptRequest { Support = support, Validation = opposite });

        Assert.That(recorder.Lines.Select(line => line[..2]), Is.EqualTo(new[] { "1I", "2I", "4W", "3W", "4W" }));
        Assert.That(
            recorder.Lines[0],
            Does.Match($"^1I Opened classifier from {_folder["classes"]} in [0-9.]+ ms, computing on the processor, as asked for.$")
        );
        Assert.That(
            recorder.Lines[1],
            Does.Match("^2I classifier: adapted, step 3 in [0-9.]+ ms\\. The loss went from [0-9.]+ to [0-9.]+\\.$")
        );
        Assert.That(recorder.Lines[2], Is.EqualTo("4W classifier: 1 duplicates, 0 contradictions and 0 outliers among the examples"));
        Assert.That(
            recorder.Lines[3],
            Does.Match("^3W classifier: adaptation not accepted after 3 steps in [0-9.]+ ms\\. The validation loss did not improve: ")
        );
        Assert.That(string.Join('\n', recorder.Lines), Does.Not.Contain("Ann").And.Not.Contain("Bob"));
    }

    [Test]
    public async Task HealthChecks_ModelThatOpensAndOneThatDoesNot_SayWhich()
    {
        File.WriteAllText(Path.Combine(_folder["classes"], "theta.safetensors"), "broken");
        using ServiceProvider services = Services(s =>
        {
            s.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
            s.AddKindling(options => options.Bundle = _folder["line"]);
            s.AddKindling("broken", options => options.Bundle = _folder["classes"]);
            s.AddHealthChecks().AddKindling().AddKindling("broken", ["slow"]);
        });

        HealthReport report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.That(report.Entries["kindling"].Status, Is.EqualTo(HealthStatus.Healthy));
        Assert.That(report.Entries["kindling"].Description, Is.EqualTo("linear predicts."));
        Assert.That(report.Entries["kindling-broken"].Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(report.Entries["kindling-broken"].Tags, Is.EqualTo(new[] { "slow" }));
        Assert.That(
            report.Entries["kindling-broken"].Description,
            Does.Contain("theta.safetensors: the file is damaged or changed: expected")
        );
    }

    private static ServiceProvider Services(Action<IServiceCollection> add)
    {
        ServiceCollection services = [];
        add(services);
        return services.BuildServiceProvider();
    }

    /// <summary>A log in memory: id, first letter of the level, message.</summary>
    private sealed class Recorder : ILoggerFactory, ILogger
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName)
        {
            Assert.That(categoryName, Is.EqualTo("Kindling.Adapt"));
            return this;
        }

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Lines.Add($"{eventId.Id}{logLevel.ToString()[0]} {formatter(state, exception)}");

        public void Dispose() { }
    }
}
