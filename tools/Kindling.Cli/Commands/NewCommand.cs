using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Kindling.Bundles;
using Kindling.Cli.Drafting;
using Kindling.Recipes;
using Kindling.Tasks;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling new</c>.</summary>
internal static partial class NewCommand
{
    internal static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        // A recipe is read by people: umlauts and ampersands of a path stay what they are.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Create()
    {
        Argument<string> name = new("name") { Description = "Name of the model, which becomes its folder's" };
        name.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !Name().IsMatch(token.Value))
            {
                result.AddError($"A name has letters, digits, '-', '_' and '.', and begins with a letter or digit; got '{token.Value}'.");
            }
        });
        Option<string> data = new("--data") { Description = "Folder of class folders of pictures, or a CSV file", Required = true };
        Option<string> models = new("--models") { Description = "Folder of models", DefaultValueFactory = _ => "models" };
        Option<bool> json = CommonOptions.Json();
        Command command = new("new", "Write a recipe that fits your data") { name, data, models, json };
        command.SetAction(parsed =>
        {
            string folder = Path.Combine(parsed.GetRequiredValue(models), parsed.GetRequiredValue(name));
            if (Directory.Exists(folder) || File.Exists(folder))
            {
                throw new BundleException($"{folder} is there already; choose another name or remove it.");
            }

            string path = parsed.GetRequiredValue(data);
            string root = DataRoot.Find(null, Environment.GetEnvironmentVariable(DataRoot.EnvironmentName));
            Draft draft = RecipeDrafter.For(path, Source(path, root));
            string file = Path.Combine(folder, "recipe.json");
            string text = Finish(draft, parsed.GetRequiredValue(name), file, root);
            AtomicFile.Write(file, System.Text.Encoding.UTF8.GetBytes(text));
            string[] next = Next(folder, Directory.Exists(path));
            Output.Write(
                parsed.GetValue(json),
                new
                {
                    recipe = file,
                    choices = draft.Choices,
                    next,
                },
                string.Join(
                    Environment.NewLine,
                    [$"{file}: written", .. draft.Choices.Select(c => $"  {c}"), "next:", .. next.Select(n => $"  {n}")]
                )
            );
        });
        return command;
    }

    /// <summary>The whole text, read back, and its data loaded once as training will: a damaged picture is named now.</summary>
    private static string Finish(Draft draft, string name, string file, string root)
    {
        JsonObject recipe = new()
        {
            ["name"] = name,
            ["description"] = "",
            ["seed"] = 1,
        };
        foreach ((string section, JsonNode? content) in draft.Recipe)
        {
            recipe[section] = content!.DeepClone();
        }

        string text = recipe.ToJsonString(Json) + "\n";
        _ = TaskFamilies.Create(Recipe.Parse(text, file).Tasks, root);
        return text;
    }

    /// <summary>Relative to the data root where it lies below it; else as given, unless that would mean other data.</summary>
    internal static string Source(string path, string root)
    {
        string full = Path.GetFullPath(path);
        string below = Path.GetRelativePath(Path.GetFullPath(root), full);
        return !Path.IsPathRooted(below) && !below.StartsWith("..", StringComparison.Ordinal) ? below.Replace('\\', '/')
            : Path.Exists(Path.Combine(root, path)) ? full
            : path;
    }

    private static string[] Next(string folder, bool pictures) =>
        [
            $"kindling train {folder}",
            $"kindling export {folder}",
            $"kindling eval {folder}/build",
            $"kindling adapt {folder}/build --support {(pictures ? "FOLDER" : "FILE.csv")} --out my.adapted",
            $"kindling predict {folder}/build --adapted my.adapted {(pictures ? "PICTURE" : "FILE.csv")}",
        ];

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    private static partial Regex Name();
}
