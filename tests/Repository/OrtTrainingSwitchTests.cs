using System.Text.Json;

namespace Kindling.Repository.Tests;

/// <summary>The property OrtTraining: it moves all of ONNX Runtime at once, and nothing names the training package without it.</summary>
public sealed class OrtTrainingSwitchTests
{
    private const string Training = "Microsoft.ML.OnnxRuntime.Training";
    private const string Managed = "Microsoft.ML.OnnxRuntime.Managed";
    private const string Standard = "Microsoft.ML.OnnxRuntime";

    [Test]
    public void Packages_ByDefault_NeverNameTheTrainingPackage()
    {
        (string[] references, Dictionary<string, string> versions) = Evaluate();

        Assert.That(references, Does.Contain(Standard).And.Not.Contain(Training));
        Assert.That(versions, Does.Not.ContainKey(Training));
        Assert.That(versions[Managed], Is.EqualTo(versions[Standard]));
    }

    [Test]
    public void Packages_WithTheProperty_AreOfItsVersion()
    {
        (string[] references, Dictionary<string, string> versions) = Evaluate("-p:OrtTraining=1.19.2");

        Assert.That(references, Does.Contain(Training).And.Not.Contain(Standard));
        Assert.That(versions[Training], Is.EqualTo("1.19.2"));
        Assert.That(versions[Managed], Is.EqualTo("1.19.2"));
        Assert.That(versions[Standard], Is.EqualTo("1.19.2"));
    }

    private static (string[] References, Dictionary<string, string> Versions) Evaluate(params string[] properties)
    {
        (int code, string output, string errors) = Root.Run(
            "dotnet",
            [
                "msbuild",
                Root.Combine("tests", "Kindling.OrtTraining.Tests", "Kindling.OrtTraining.Tests.csproj"),
                "-getItem:PackageReference",
                "-getItem:PackageVersion",
                .. properties,
            ]
        );
        Assert.That(code, Is.Zero, output + errors);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement items = document.RootElement.GetProperty("Items");
        return (
            [.. items.GetProperty("PackageReference").EnumerateArray().Select(Name)],
            items.GetProperty("PackageVersion").EnumerateArray().ToDictionary(Name, item => item.GetProperty("Version").GetString()!)
        );
    }

    private static string Name(JsonElement item) => item.GetProperty("Identity").GetString()!;
}
