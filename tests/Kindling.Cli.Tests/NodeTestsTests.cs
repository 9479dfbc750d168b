using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;

namespace Kindling.Cli.Tests;

/// <summary><c>kindling check --node-tests</c> on small files of tests.</summary>
public sealed class NodeTestsTests
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void CreateFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => folder.Dispose();

    [Test]
    public void Check_TestsThatPass_ExitsWith0()
    {
        Cli.Result result = Cli.Run("check", "--node-tests", Suite(("right", 3)), "--json");

        Assert.That(result.Code, Is.Zero);
        Assert.That(Compact(result.Output), Is.EqualTo("""{"passed":1,"failed":[],"excluded":{}}"""));
    }

    [Test]
    public void Check_TestThatFails_NamesItAndExitsWith3()
    {
        Cli.Result result = Cli.Run("check", "--node-tests", Suite(("right", 3), ("wrong", 4)), "--json");

        Assert.That(result.Code, Is.EqualTo(ExitCodes.VerificationFailed));
        Assert.That(
            Compact(result.Output),
            Is.EqualTo("""{"passed":1,"failed":[{"name":"wrong","why":"Torch: output y, element 0: expected 4, got 3"}],"excluded":{}}""")
        );
    }

    [Test]
    public void Check_TestOfAnExcludedOpset_SaysWhy()
    {
        // the last bytes import op set 17 of ai.onnx (field 8: version 17); another domain comes in their place
        string suite = Suite(
            bytes => [.. bytes[..Array.LastIndexOf(bytes, (byte)0x42)], 0x42, 7, 0x0A, 3, .. "abc"u8, 0x10, 1],
            ("old", 3)
        );

        Cli.Result result = Cli.Run("check", "--node-tests", suite);

        Assert.That(
            result.Output,
            Is.EqualTo(
                "excluded (op set none: ai.onnx.preview.training only: optimisers are graphs of standard operators here): old\n0 passed, 0 failed, 1 excluded\n"
            )
        );
        Assert.That(result.Code, Is.Zero);
    }

    [Test]
    public void Check_NoZip_IsRejected()
    {
        File.WriteAllText(folder["tests.zip"], "no zip");

        Cli.Result result = Cli.Run("check", "--node-tests", folder["tests.zip"]);

        Assert.That(result.Code, Is.EqualTo(ExitCodes.Rejected));
        Assert.That(result.Errors, Does.StartWith($"kindling: {folder["tests.zip"]}: expected a zip of node tests: "));
    }

    [TestCase]
    [TestCase("models/sinusoid", "--node-tests", "tests.zip")]
    public void Check_NothingOrBoth_IsAUsageError(params string[] arguments)
    {
        Cli.Result result = Cli.Run(["check", .. arguments]);

        Assert.That(result.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(
            result.Errors,
            Is.EqualTo(
                "kindling: check takes a path, --node-tests or --operators, one of them.\n`kindling check --help` lists what there is.\n"
            )
        );
    }

    private string Suite(params (string Name, float Output)[] tests) => Suite(bytes => bytes, tests);

    // y = x + x of one number; the input is 1.5
    private string Suite(Func<byte[], byte[]> change, params (string Name, float Output)[] tests)
    {
        GraphBuilder b = new("sample");
        Value x = b.Input("x", ElementType.Float, Shape.Of([1]));
        _ = b.Output(b.Add(x, x), "y");
        using ZipArchive zip = ZipFile.Open(folder["tests.zip"], ZipArchiveMode.Create);
        foreach ((string name, float output) in tests)
        {
            Add(zip, $"{name}/model.onnx", change(OnnxWriter.ToBytes(b.Graph)));
            Add(zip, $"{name}/test_data_set_0/input_0.pb", Serialised(1.5f));
            Add(zip, $"{name}/test_data_set_0/output_0.pb", Serialised(output));
        }

        return folder["tests.zip"];
    }

    // a TensorProto of one float: dims (field 1), data_type (2), raw_data (9)
    private static byte[] Serialised(float number)
    {
        byte[] bytes = [0x08, 1, 0x10, 1, 0x4A, 4, 0, 0, 0, 0];
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(6), number);
        return bytes;
    }

    private static void Add(ZipArchive zip, string name, byte[] bytes)
    {
        using Stream stream = zip.CreateEntry(name).Open();
        stream.Write(bytes);
    }

    private static string Compact(string json) => JsonSerializer.Serialize(JsonDocument.Parse(json).RootElement);
}
