using System.Xml.Linq;

namespace Kindling.Repository.Tests;

/// <summary>Which project may see which: the design's arrows, with those that follow from them spelled out where a project needs them directly.</summary>
public sealed class ArrowTests
{
    private const string Torch = "TorchSharp libtorch-cpu-linux-x64 TorchSharp-cuda-linux";

    private static readonly (string Project, string Projects, string Packages)[] Arrows =
    [
        ("Graph", "", "Google.Protobuf Grpc.Tools"),
        ("Autodiff", "Graph", ""),
        ("Networks", "Graph", ""),
        ("Bundle", "", ""),
        ("Mpi", "", ""),
        ("MuJoCo", "", ""),
        ("Tasks", "Bundle MuJoCo", "StbImageSharp CsvHelper NAudio.Core System.IO.Hashing"),
        ("Recipes", "Graph Autodiff Networks Tasks Bundle", ""),
        (
            "Train",
            "Recipes Graph Autodiff Networks Tasks Bundle",
            $"{Torch} Google.Protobuf Grpc.Tools System.Numerics.Tensors Microsoft.ML.OnnxRuntime.Managed"
        ),
        ("Export", "Recipes Graph Autodiff Networks Tasks Bundle Adapt", "Google.FlatBuffers"),
        ("Adapt", "Bundle", "Microsoft.ML.OnnxRuntime.Managed"),
        (
            "Hosting",
            "Adapt Bundle",
            "Microsoft.Extensions.DependencyInjection.Abstractions Microsoft.Extensions.Diagnostics.HealthChecks Microsoft.Extensions.Logging.Abstractions Microsoft.Extensions.Options"
        ),
        ("OrtTraining", "Bundle", "Microsoft.ML.OnnxRuntime.Managed"),
        (
            "Evaluate",
            "Recipes Networks Tasks Train Adapt Bundle Graph Autodiff",
            "System.Numerics.Tensors SharpCompress ScottPlot SkiaSharp SkiaSharp.HarfBuzz SkiaSharp.NativeAssets.Linux.NoDependencies HarfBuzzSharp.NativeAssets.Linux"
        ),
    ];

    private static IEnumerable<string> Projects =>
        Directory
            .EnumerateFiles(Root.Combine("src"), "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root.Path, file))
            .Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Projects))]
    public void References_OfAProject_FollowTheArrows(string file)
    {
        string name = Short(file);
        (string Project, string Projects, string Packages) arrow = Arrows.FirstOrDefault(row => row.Project == name);

        Assert.That(arrow.Project, Is.EqualTo(name), $"{name} has no row in the table of arrows");
        Assert.That(References(file, "ProjectReference").Select(Short), Is.SubsetOf(arrow.Projects.Split(' ')));
        Assert.That(References(file, "PackageReference"), Is.SubsetOf(arrow.Packages.Split(' ')));
    }

    [Test]
    public void Arrows_FromAdapt_ReachBundleOnly()
    {
        Assert.That(Closure("Adapt"), Is.EquivalentTo(new[] { "Bundle" }));
        Assert.That(Closure("OrtTraining"), Is.EquivalentTo(new[] { "Bundle" }));
    }

    [Test]
    public void Arrows_HaveNoCycle()
    {
        foreach ((string project, _, _) in Arrows)
        {
            Assert.That(Closure(project), Does.Not.Contain(project));
        }
    }

    [Test]
    public void Torch_IsReachedByTrainAndEvaluateOnly()
    {
        string[] reach =
        [
            .. Arrows.Where(row => row.Project == "Train" || Closure(row.Project).Contains("Train")).Select(row => row.Project),
        ];

        Assert.That(reach, Is.EquivalentTo(new[] { "Train", "Evaluate" }));
    }

    private static HashSet<string> Closure(string project)
    {
        HashSet<string> reached = [];
        Stack<string> open = new([project]);
        while (open.TryPop(out string? at))
        {
            foreach (string next in Arrows.Single(row => row.Project == at).Projects.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (reached.Add(next))
                {
                    open.Push(next);
                }
            }
        }

        return reached;
    }

    private static IEnumerable<string> References(string file, string kind) =>
        XDocument.Load(Root.Combine(file)).Descendants(kind).Select(reference => reference.Attribute("Include")!.Value);

    private static string Short(string path) =>
        Path.GetFileNameWithoutExtension(path.Replace('\\', '/')).Replace("Kindling.", "", StringComparison.Ordinal);
}
