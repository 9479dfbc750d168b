using System.ComponentModel;
using System.Text.Json;

namespace Kindling.Elsewhere.Tests;

/// <summary>Node with the packages of this folder, installed once below artifacts/.</summary>
internal static class JavaScript
{
    /// <summary>The released models.</summary>
    public static readonly string[] Models = ["linear", "sinusoid", "glyphs-5w1s", "omniglot-5w1s", "omniglot-5w1s-paper", Detector];

    /// <summary>One whose rates are learned for each parameter, which is no rule of ONNX Runtime Training.</summary>
    public const string Detector = "scenes-3w";

    /// <summary>One whose loss has no minimum: it steps on each set of episodes once or twice, and away from them for ever if let.</summary>
    public const string Policy = "navigation";

    /// <summary>Steps that a policy takes.</summary>
    public const int PolicySteps = 2;

    /// <summary>Where packages lie and programs run.</summary>
    public static string Work { get; } = Root.Combine("artifacts", "elsewhere");

    public static string Bundle(string model) => Root.Combine("models", model, "bundle");

    public static string Script(string name) => Root.Combine("tests", "Elsewhere", name);

    /// <summary>Makes the packages ready, or ignores the test with what it needs.</summary>
    public static void Install()
    {
        if (!Runs("node") || !Runs("npm"))
        {
            Assert.Ignore("Needs Node with npm (Debian: apt-get install nodejs npm).");
        }

        Directory.CreateDirectory(Work);
        string installed = Path.Combine(Work, "installed.json");
        string wanted = File.ReadAllText(Script("package-lock.json"));
        if (File.Exists(installed) && File.ReadAllText(installed) == wanted)
        {
            return;
        }

        foreach (string file in new[] { "package.json", "package-lock.json" })
        {
            File.Copy(Script(file), Path.Combine(Work, file), overwrite: true);
        }

        (int code, _, string errors) = Run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        if (code != 0)
        {
            Assert.Ignore($"Needs packages of npm: {errors}");
        }

        File.WriteAllText(installed, wanted);
    }

    /// <summary>Ignores the test where there is no browser.</summary>
    public static void RequireChromium()
    {
        if (!File.Exists(Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium"))
        {
            Assert.Ignore("Needs Chromium (Debian: apt-get install chromium), or its path in CHROMIUM.");
        }
    }

    /// <summary>A program of this repository, built like this test.</summary>
    public static string Program(string name) => Root.Combine("artifacts", "bin", name, Root.Configuration, name);

    public static float[] Floats(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetSingle())];

    public static (int Code, string Output, string Errors) Run(string program, params string[] arguments) =>
        Root.RunIn(Directory.Exists(Work) ? Work : Root.Path, program, arguments);

    private static bool Runs(string program)
    {
        try
        {
            return Run(program, "--version").Code == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
