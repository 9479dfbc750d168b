using System.CommandLine;
using Kindling.Bundles;
using Kindling.Evaluate;
using Kindling.Evaluate.Reports;
using Kindling.Export;
using Kindling.Recipes;
using Kindling.Tasks;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling report</c>.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        Argument<string> model = new("model")
        {
            Description =
                "Folder with recipe.json, as in models/sinusoid (its checkpoint, else its bundle), or a bundle, or the folder of a checkpoint",
        };
        Option<string> output = new("--out")
        {
            Description = "The page: one HTML file that needs nothing else",
            DefaultValueFactory = _ => "report.html",
        };
        Option<string?> plots = new("--plots") { Description = "Folder to write its plots to as PNG files" };
        Option<int?> episodes = CommonOptions.Whole("--episodes", "Test tasks; 600 by default", 1, TaskSpec.MaximumCount);
        Option<ulong> seed = new("--seed")
        {
            Description = "Seed of the test tasks",
            DefaultValueFactory = _ => EvaluationOptions.DefaultSeed,
        };
        Option<string?> data = new("--data") { Description = "Folder of data sets" };
        Option<bool> json = CommonOptions.Json();
        Command command = new("report", "Evaluate a model and put its figures, curves, examples, confusion and calibration into one page")
        {
            model,
            output,
            plots,
            episodes,
            seed,
            data,
            json,
        };
        command.SetAction(parsed =>
        {
            string subject = parsed.GetRequiredValue(model);
            EvaluationOptions options = new()
            {
                Episodes = parsed.GetValue(episodes) ?? EvaluationOptions.DefaultEpisodes,
                Seed = parsed.GetValue(seed),
                DataRoot = DataRoot.Find(parsed.GetValue(data), Environment.GetEnvironmentVariable(DataRoot.EnvironmentName)),
            };
            (string? training, string? bundle) = Find(subject);
            string? temporary = bundle is null ? Directory.CreateTempSubdirectory("kindling").FullName : null;
            try
            {
                if (temporary is not null)
                {
                    bundle = Path.Combine(temporary, "bundle");
                    _ = BundleExporter.Export(training!, bundle);
                }

                ModelReport report = ModelReport.Create(
                    new ReportSource
                    {
                        Bundle = bundle!,
                        Subject = subject,
                        Training = training,
                    },
                    options,
                    TimeProvider.System
                );
                string page = parsed.GetRequiredValue(output);
                report.Write(page);
                IReadOnlyList<string> pictures = parsed.GetValue(plots) is { } folder ? report.WritePlots(folder) : [];
                Output.Write(parsed.GetValue(json), new { report = page, plots = pictures }, string.Join('\n', pictures.Prepend(page)));
                return 0;
            }
            finally
            {
                if (temporary is not null)
                {
                    Directory.Delete(temporary, recursive: true);
                }
            }
        });
        return command;
    }

    // A checkpoint is what was trained last, and has its curves; the bundle of it is made for the report.
    private static (string? Training, string? Bundle) Find(string path)
    {
        if (File.Exists(path) || File.Exists(Path.Combine(path, BundleManifest.FileName)))
        {
            return (null, path);
        }

        string checkpoint = Path.Combine(path, "checkpoint");
        foreach (string folder in new[] { path, checkpoint })
        {
            if (File.Exists(Path.Combine(folder, Checkpoint.ThetaFile)))
            {
                return (folder, null);
            }
        }

        foreach (string folder in new[] { Path.Combine(path, "build"), Path.Combine(path, "bundle") })
        {
            if (File.Exists(Path.Combine(folder, BundleManifest.FileName)))
            {
                return (null, folder);
            }
        }

        throw new BundleException(
            $"{path}: expected a model's folder, a bundle or the folder of a checkpoint; there is no {Checkpoint.ThetaFile} and no {BundleManifest.FileName} here."
        );
    }
}
