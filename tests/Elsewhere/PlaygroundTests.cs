using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Elsewhere.Tests;

/// <summary>The playground as a person uses it, in headless Chromium: once with the mouse, once with the keyboard alone.</summary>
[NonParallelizable]
public sealed class PlaygroundTests
{
    private Process server = null!;
    private string address = "";
    private string folder = "";

    [OneTimeSetUp]
    public void StartServer()
    {
        JavaScript.Install();
        JavaScript.RequireChromium();
        folder = Path.Combine(JavaScript.Work, "playground");
        Directory.CreateDirectory(folder);
        server = Process.Start(
            new ProcessStartInfo(
                JavaScript.Program("Playground"),
                ["--urls", "http://127.0.0.1:0", "--Bundle", JavaScript.Bundle("omniglot-5w1s")]
            )
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
            }
        )!;
        const string Listening = "Now listening on: ";
        while (server.StandardOutput.ReadLine() is { } line)
        {
            if (line.Contains(Listening, StringComparison.Ordinal))
            {
                address = line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..];
                // The rest must not fill the pipe.
                _ = server.StandardOutput.ReadToEndAsync();
                return;
            }
        }

        Assert.Fail($"The playground ended with {server.ExitCode}.");
    }

    [OneTimeTearDown]
    public void StopServer()
    {
        server?.Kill();
        server?.Dispose();
    }

    [Test]
    public void Use_WithMouseAndWithKeyboard_LearnsAndRecognises()
    {
        (int code, string output, string errors) = JavaScript.Run("node", JavaScript.Script("playground.mjs"), address, folder);
        Assert.That(code, Is.Zero, errors);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement mouse = document.RootElement.GetProperty("mouse");
        JsonElement keyboard = document.RootElement.GetProperty("keyboard");

        Assert.That(mouse.GetProperty("errors").GetArrayLength() + keyboard.GetProperty("errors").GetArrayLength(), Is.Zero, output);
        Assert.That(mouse.GetProperty("before").GetString(), Is.EqualTo("Nothing learnt yet."));
        Assert.That(mouse.GetProperty("nothingDrawn").GetString(), Is.EqualTo("Draw something first."));
        Assert.That(
            mouse.GetProperty("answers").EnumerateObject().Select(answer => (answer.Name, answer.Value.GetString())),
            Is.EqualTo(new[] { ("corner", "corner"), ("ring", "ring"), ("cross", "cross") })
        );
        Assert.That(
            mouse.GetProperty("report").GetString(),
            Does.Match(@"^6 drawings, 3 steps, \d+ ms\. The loss went from [0-9.]+ to [0-9.]+\.$")
        );
        Assert.That(mouse.GetProperty("undone").GetString(), Is.EqualTo("The last example is forgotten."));
        Assert.That(mouse.GetProperty("scrollsSideways").GetBoolean(), Is.False);
        Assert.That(keyboard.GetProperty("answer").GetString(), Is.EqualTo("B"));
        Assert.That(keyboard.GetProperty("cleared").GetString(), Is.EqualTo("Draw something to recognise."));
        using InferenceSession downloaded = new(Path.Combine(folder, "drawings.onnx"));
        Assert.That(downloaded.ModelMetadata.CustomMetadataMap["kindling.classes"], Is.EqualTo("[\"corner\",\"cross\",\"ring\"]"));
    }

    [TestCase(
        "predict",
        "{\"width\":2,\"height\":2,\"rgba\":\"AAAA\"}",
        400,
        "A picture of 2x2 needs 16 bytes (4 a pixel), got 3. (Parameter 'rgba')"
    )]
    [TestCase("learn", "[]", 400, "Expected at least one example, got none. (Parameter 'examples')")]
    public async Task Api_WrongInput_SaysSo(string call, string body, int status, string message)
    {
        using HttpClient client = new();
        using StringContent content = new(body, System.Text.Encoding.UTF8, "application/json");

        using HttpResponseMessage response = await client.PostAsync(new Uri($"{address}/api/someone/{call}"), content);

        using JsonDocument problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(problem.RootElement.GetProperty("detail").GetString(), Is.EqualTo(message));
    }
}
