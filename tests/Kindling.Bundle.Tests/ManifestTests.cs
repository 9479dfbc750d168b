using System.Text;
using System.Text.Json.Nodes;

namespace Kindling.Bundles.Tests;

[TestFixture]
internal sealed class ManifestTests
{
    private static readonly TestCaseData[] Faults =
    [
        Row("version", m => m["formatVersion"] = 2, "expected formatVersion 1, got 2; the bundle needs a newer version of this library."),
        Row("old version", m => m["formatVersion"] = 0, "expected formatVersion 1, got 0."),
        Row("no version", m => m.Remove("formatVersion"), "expected formatVersion 1, got none."),
        Row(
            "missing member",
            m => m.Remove("innerRule"),
            "not a manifest. JSON deserialization for type 'Kindling.Bundles.BundleManifest' was missing required properties including: 'innerRule'."
        ),
        Fault("empty name", m => m["name"] = " ", "name: must not be empty."),
        Fault("task", m => m["task"] = "ranking", "task: expected one of classification, regression, language, detection; got 'ranking'."),
        Fault(
            "optimiser",
            m => m["innerRule"]!["optimizer"] = "lion",
            "innerRule.optimizer: expected one of sgd, momentum, adam, adamw; got 'lion'."
        ),
        Fault(
            "jump",
            m => m["innerRule"]!["stream"] = new JsonObject { ["jump"] = 0 },
            "innerRule.stream.jump: expected a positive number, got 0."
        ),
        Fault("batch", m => m["innerRule"]!["batch"] = 0, "innerRule.batch: expected null or at least 1, got 0."),
        Fault("examples", m => m["innerRule"]!["examples"] = 0, "innerRule.examples: expected null or at least 1, got 0."),
        Fault("steps", m => m["innerRule"]!["steps"] = 0, "innerRule.steps: expected 1 to 1000000, got 0."),
        Fault(
            "input without batch",
            m => m["input"]!["shape"] = new JsonArray(1, 1),
            "input.shape: expected null (the batch) and positive sizes, got [1, 1]."
        ),
        Fault("input type", m => m["input"]!["type"] = "float64", "input.type: expected 'float32', got 'float64'."),
        Fault("no outputs", m => m["output"]!["count"] = 0, "output.count: expected at least 1, got 0."),
        Fault("name twice", m => m["parameters"]![1]!["name"] = "w", "parameters[1].name: 'w' is used twice or reserved."),
        Fault("reserved name", m => m["parameters"]![1]!["name"] = "loss", "parameters[1].name: 'loss' is used twice or reserved."),
        Fault(
            "shape of 0",
            m => m["parameters"]![0]!["shape"] = new JsonArray(0),
            "parameters[0].shape: expected positive sizes of at most 536870911 elements, got [0] for 'w'."
        ),
        Fault(
            "huge shape",
            m => m["parameters"]![0]!["shape"] = new JsonArray(65536, 65536, 65536),
            "parameters[0].shape: expected positive sizes of at most 536870911 elements, got [65536, 65536, 65536] for 'w'."
        ),
        Fault(
            "statistics without their mode",
            m => m["statistics"] = new JsonArray(new JsonObject { ["name"] = "mean", ["shape"] = new JsonArray(1) }),
            "statistics: belong to normalization 'support' and to no other; got 1 with 'none'.",
            "graphs.infer.inputs: missing mean.",
            "graphs.adapt.outputs: missing mean.next."
        ),
        Fault(
            "unknown input of a graph",
            m => m["graphs"]!["infer"]!["inputs"] = new JsonArray("x", "w", "c"),
            "graphs.infer.inputs: missing b.",
            "graphs.infer.inputs: unexpected c."
        ),
        Fault(
            "input of a graph twice",
            m => m["graphs"]!["infer"]!["inputs"] = new JsonArray("x", "w", "b", "b"),
            "graphs.infer.inputs: a name appears twice."
        ),
        Fault(
            "path out of the folder",
            m => m["files"]!["../theta.safetensors"] = new string('4', 64),
            "files: '../theta.safetensors' must be a relative path below the bundle without empty, '.' or '..' parts."
        ),
        Fault(
            "absolute path",
            m => m["files"]!["/etc/passwd"] = new string('4', 64),
            "files: '/etc/passwd' must be a relative path below the bundle without empty, '.' or '..' parts."
        ),
        Fault("path of another system", m => m["files"]!["a\\b"] = new string('4', 64), "files: 'a\\b' must not hold the character \\."),
        Fault(
            "the manifest itself",
            m => m["files"]!["manifest.json"] = new string('4', 64),
            "files: 'manifest.json' is the manifest itself."
        ),
        Fault(
            "no hash",
            m => m["files"]!["infer.onnx"] = "abc",
            "files: 'infer.onnx' needs a SHA-256 of 64 lower-case hexadecimal digits, got 'abc'."
        ),
        Fault(
            "file without hash",
            m => ((JsonObject)m["files"]!).Remove("theta.safetensors"),
            "files: the hash of 'theta.safetensors' is missing."
        ),
        Row(
            "whether a parameter adapts",
            m => ((JsonObject)m["parameters"]![0]!).Remove("adapts"),
            "not a manifest. JSON deserialization for type 'Kindling.Bundles.ManifestParameter' was missing required properties including: 'adapts'."
        ),
        Fault(
            "null in lists",
            m =>
            {
                ((JsonArray)m["parameters"]!).Add(null);
                m["graphs"]!["infer"]!["inputs"] = new JsonArray("x", null);
                m["files"]!["infer.onnx"] = null;
            },
            "parameters: an entry is null.",
            "graphs.infer.inputs: an entry is null.",
            "files: an entry is null."
        ),
        Fault("codes of what is no language", m => m["output"]!["codes"] = 5, "output.codes: expected none, got 5."),
        Fault(
            "several at once",
            m =>
            {
                m["name"] = "";
                m["output"]!["count"] = -1;
            },
            "name: must not be empty.",
            "output.count: expected at least 1, got -1."
        ),
    ];

    [TestCaseSource(nameof(Faults))]
    public void Parse_Fault_IsNamed(Action<JsonObject> change, string message)
    {
        JsonObject json = (JsonObject)JsonNode.Parse(SampleBundle.Complete.ToJson())!;
        change(json);

        Assert.That(
            () => BundleManifest.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()), "m"),
            Throws.TypeOf<BundleException>().With.Message.EqualTo(message)
        );
    }

    [Test]
    public void ParseToJson_Manifest_ComesBackByteByByte()
    {
        byte[] json = SampleBundle.Complete.ToJson();

        BundleManifest back = BundleManifest.Parse(json, "m");

        Assert.That(back.ToJson(), Is.EqualTo(json));
        Assert.That(back.Input.Shape, Is.EqualTo(new int?[] { null, 1 }));
        Assert.That(back.BaseIdentity, Is.EqualTo(SampleBundle.Complete.BaseIdentity));
    }

    [Test]
    public void Parse_MembersWithADefaultAreAbsent_TakesTheDefaults()
    {
        JsonObject json = (JsonObject)JsonNode.Parse(SampleBundle.Complete.ToJson())!;
        Assert.That(new[] { "description", "statistics", "provenance" }.Select(json.Remove), Is.All.True);
        Assert.That(new[] { "name", "type", "meaning" }.Select(((JsonObject)json["input"]!).Remove), Is.All.True);

        BundleManifest manifest = BundleManifest.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()), "m");

        Assert.That((manifest.Description, manifest.Statistics.Count), Is.EqualTo(("", 0)));
        Assert.That(manifest.Provenance.Licences, Is.Empty);
        Assert.That((manifest.Input.Name, manifest.Input.Type, manifest.Input.Meaning), Is.EqualTo(("x", "float32", "")));
    }

    [Test]
    public void Parse_ListsOfNamesAreAbsent_SaysWhatIsMissing()
    {
        JsonObject json = (JsonObject)JsonNode.Parse(SampleBundle.Complete.ToJson())!;
        json["preprocessing"] = new JsonObject { ["kind"] = "table" };
        json.Remove("files");

        Assert.That(
            () => BundleManifest.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()), "m"),
            Throws
                .TypeOf<BundleException>()
                .With.Message.Contains("preprocessing: table: columns must name at least one column.")
                .And.Message.Contains("files: the hash of 'theta.safetensors' is missing.")
        );
    }

    [Test]
    public void Parse_ByteOrderMark_IsSkipped() =>
        Assert.That(BundleManifest.Parse([0xEF, 0xBB, 0xBF, .. SampleBundle.Complete.ToJson()], "m").Name, Is.EqualTo("line"));

    [Test]
    public void Parse_MemberTwice_IsRefused() =>
        Assert.That(
            () => BundleManifest.Parse("{\"formatVersion\":1,\"formatVersion\":1}"u8, "m"),
            Throws.TypeOf<BundleException>().With.Message.StartsWith("m: not a manifest. Duplicate property 'formatVersion' encountered")
        );

    [Test]
    public void Parse_TruncatedAtEveryByte_IsRefused()
    {
        // Without the line break at the end, which may be missing.
        byte[] json = SampleBundle.Complete.ToJson()[..^1];
        for (int length = 0; length < json.Length; length++)
        {
            Assert.That(() => BundleManifest.Parse(json.AsSpan(0, length), "m"), Throws.TypeOf<BundleException>(), $"first {length} bytes");
        }
    }

    [Test]
    public void BaseIdentity_AnotherTheta_IsAnother()
    {
        BundleManifest manifest = SampleBundle.Complete;
        Dictionary<string, string> files = new(manifest.Files) { ["theta.safetensors"] = new string('4', 64) };

        Assert.That((manifest with { Files = files }).BaseIdentity, Is.Not.EqualTo(manifest.BaseIdentity));
    }

    private static TestCaseData Fault(string name, Action<JsonObject> change, params string[] faults) =>
        Row(name, change, $"{faults.Length} fault(s):{string.Concat(faults.Select(f => "\n  " + f))}");

    private static TestCaseData Row(string name, Action<JsonObject> change, string message) =>
        new TestCaseData(change, "m: " + message).SetArgDisplayNames(name);
}
