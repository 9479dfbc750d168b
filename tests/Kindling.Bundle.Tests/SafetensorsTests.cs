using System.Buffers.Binary;
using System.Text;
using CsCheck;

namespace Kindling.Bundles.Tests;

[TestFixture]
internal sealed class SafetensorsTests
{
    private const string A = "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";

    private static readonly TestCaseData[] Hostile =
    [
        Row("empty", [], "expected at least 8 bytes (the length of the header), got 0."),
        Row("no header length", new byte[7], "expected at least 8 bytes (the length of the header), got 7.", null),
        Row("header of 0 bytes", new byte[8], "offset 0: expected a header of 1 to 16777216 bytes, got 0."),
        Row("header too long", WithLength(16_777_217, "{}"), "offset 0: expected a header of 1 to 16777216 bytes, got 16777217."),
        Row(
            "header of 2^64 - 1 bytes",
            WithLength(ulong.MaxValue, "{}"),
            "offset 0: expected a header of 1 to 16777216 bytes, got 18446744073709551615."
        ),
        Row("header past the end", WithLength(100, "{}"), "offset 8: the header should have 100 bytes, 2 are left in the file."),
        Row(
            "header no JSON",
            File("{x}"),
            "offset 9: the header is not valid JSON ('x' is an invalid start of a property name. Expected a '\"'. LineNumber: 0 | BytePositionInLine: 1.)"
        ),
        Row("header no object", File("[1]"), "header: expected an object, got Array."),
        Row("entry no object", File("{\"a\":1}"), "tensor 'a': expected an object, got Number."),
        Row("data cut off", File($"{{{A}}}", 2), "tensor 'a': data_offsets [0, 4] are not a range within the 2 bytes of data."),
        Row(
            "range before the data",
            File(Tensor("[1]", "[-4,0]"), 4),
            "tensor 'a': data_offsets [-4, 0] are not a range within the 4 bytes of data."
        ),
        Row(
            "range backwards",
            File(Tensor("[1]", "[4,0]"), 4),
            "tensor 'a': data_offsets [4, 0] are not a range within the 4 bytes of data."
        ),
        Row(
            "range of huge numbers",
            File(Tensor("[1]", "[0,9223372036854775807]"), 4),
            "tensor 'a': data_offsets [0, 9223372036854775807] are not a range within the 4 bytes of data."
        ),
        Row(
            "range too long for a number",
            File(Tensor("[1]", "[0,9223372036854775808]"), 4),
            "tensor 'a', data_offsets: expected whole numbers, got 9223372036854775808."
        ),
        Row("three offsets", File(Tensor("[1]", "[0,4,8]"), 4), "tensor 'a', data_offsets: at most 2 numbers, got 3."),
        Row("one offset", File(Tensor("[1]", "[0]"), 4), "tensor 'a': expected dtype, shape and two data_offsets."),
        Row(
            "range of another length",
            File(Tensor("[3]", "[0,8]"), 8),
            "tensor 'a': shape [3] takes 12 bytes, data_offsets [0, 8] give 8."
        ),
        Row("range not aligned", File(Tensor("[1]", "[2,6]"), 8), "tensor 'a': data_offsets must be multiples of 4, got [2, 6]."),
        Row(
            "overlap",
            File($"{{{A},{Named("b", "[2]", "[0,8]")}}}", 8),
            "tensor 'b': data_offsets [0, 8] should begin at 4: it overlaps 'a'."
        ),
        Row(
            "hole",
            File($"{{{A},{Named("b", "[1]", "[8,12]")}}}", 12),
            "tensor 'b': data_offsets [8, 12] should begin at 4: it leaves a hole after 'a'."
        ),
        Row(
            "hole at the start",
            File(Tensor("[1]", "[4,8]"), 8),
            "tensor 'a': data_offsets [4, 8] should begin at 0: it leaves a hole after the header."
        ),
        Row("more data than tensors", File($"{{{A}}}", 8), "the tensors take 4 bytes, 8 bytes of data are in the file.", null),
        Row("name twice", File($"{{{A},{A}}}", 4), "'a' appears twice in the header.", null),
        Row("metadata twice", File("{\"__metadata__\":{},\"__metadata__\":{}}"), "'__metadata__' appears twice in the header.", null),
        Row("metadata key twice", File("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}"), "'k' appears twice in the header.", null),
        Row("metadata no object", File("{\"__metadata__\":1}"), "__metadata__: expected an object, got Number."),
        Row("metadata no text", File("{\"__metadata__\":{\"k\":1}}"), "__metadata__ 'k': expected text, got Number."),
        Row(
            "other dtype",
            File("{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8),
            "tensor 'a': expected dtype F32, F16 or I8, got F64."
        ),
        Row(
            "dtype no text",
            File("{\"a\":{\"dtype\":1}}"),
            "tensor 'a': expected dtype (text), shape and data_offsets once each, got 'dtype' (Number)."
        ),
        Row(
            "unknown member",
            File("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"stride\":[1]}}", 4),
            "tensor 'a': expected dtype (text), shape and data_offsets once each, got 'stride' (Array)."
        ),
        Row("missing member", File("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}"), "tensor 'a': expected dtype, shape and two data_offsets."),
        Row("negative size", File(Tensor("[-1]", "[0,4]"), 4), "tensor 'a': a dimension must be 0 to 2147483647, got -1."),
        Row("size no whole number", File(Tensor("[1.5]", "[0,4]"), 4), "tensor 'a', shape: expected whole numbers, got 1.5."),
        Row(
            "too many sizes",
            File(Tensor($"[{string.Join(',', Enumerable.Repeat(1, 17))}]", "[0,4]"), 4),
            "tensor 'a', shape: at most 16 numbers, got 17."
        ),
        Row("huge shape", File(Tensor("[65536,65536]", "[0,0]")), "tensor 'a': shape [65536, 65536] takes more than 2147483647 bytes."),
    ];

    [TestCaseSource(nameof(Hostile))]
    public void Parse_HostileBytes_AreRefused(byte[] bytes, string message) =>
        Assert.That(() => SafetensorsFile.Parse(bytes, "t"), Throws.TypeOf<BundleException>().With.Message.EqualTo(message));

    [Test]
    public void Parse_TruncatedAtEveryByte_IsRefused()
    {
        byte[] bytes = Write(SampleBundle.Theta, new Dictionary<string, string> { ["k"] = "v" });
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.That(
                () => SafetensorsFile.Parse(bytes.AsMemory(0, length), "t"),
                Throws.TypeOf<BundleException>(),
                $"first {length} bytes"
            );
        }
    }

    // Whatever stands in the bytes, nothing but BundleException escapes.
    [Test]
    public void Parse_FlippedBits_ReadsOrRefuses([Values(1, 2, 3)] int seed)
    {
        byte[] good = Write(SampleBundle.Theta, new Dictionary<string, string> { ["key"] = "value" });
        Random random = new(seed);
        int refused = 0;
        for (int round = 0; round < 2000; round++)
        {
            byte[] bytes = [.. good];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                _ = SafetensorsFile.Parse(bytes, "t");
            }
            catch (BundleException)
            {
                refused++;
            }
        }

        Assert.That(refused, Is.InRange(1000, 1999));
    }

    [Test]
    public void ParseWrite_AnyTensors_ComeBackBitByBit()
    {
        Gen<FloatTensor> tensor = Gen.Int[0, 4]
            .Array[0, 3]
            .SelectMany(shape => Gen.Float.Array[shape.Aggregate(1, (a, b) => a * b)].Select(values => new FloatTensor(shape, values)));
        Gen.Select(Gen.Dictionary(Gen.String[1, 8], tensor)[0, 5], Gen.Dictionary(Gen.String[0, 8], Gen.String)[0, 3])
            .Where(pair =>
                !pair.Item1.ContainsKey("__metadata__") && pair.Item1.Keys.Concat(pair.Item2.Keys).Concat(pair.Item2.Values).All(IsText)
            )
            .Sample(
                pair =>
                {
                    SafetensorsFile back = SafetensorsFile.Parse(Write(pair.Item1, pair.Item2), "t");
                    Assert.That(back.Metadata, Is.EquivalentTo(pair.Item2));
                    Assert.That(back.Tensors.Keys, Is.EquivalentTo(pair.Item1.Keys));
                    foreach ((string name, FloatTensor expected) in pair.Item1)
                    {
                        Assert.That(back.Tensors[name].Shape, Is.EqualTo(expected.Shape));
                        Assert.That(Bits(back.Tensors[name]), Is.EqualTo(Bits(expected)));
                    }
                },
                iter: 300
            );
    }

    [Test]
    public void Write_AnotherOrder_GivesTheSameBytes()
    {
        Dictionary<string, FloatTensor> turned = SampleBundle.Theta.Reverse().ToDictionary(t => t.Key, t => t.Value);

        Assert.That(Write(turned, null), Is.EqualTo(Write(SampleBundle.Theta, null)));
    }

    [Test]
    public void Write_TensorWithTheNameOfTheMetadata_IsRefused() =>
        Assert.That(
            () => Write(new Dictionary<string, FloatTensor> { ["__metadata__"] = FloatTensor.Scalar(1) }, null),
            Throws.ArgumentException.With.Message.EqualTo("A tensor cannot be called '__metadata__'. (Parameter 'tensors')")
        );

    // A small file must not make a large program: 500 tensors of the same million bytes.
    [Test]
    public void Read_TensorsThatShareBytes_AreRefusedBeforeAnyIsCopied()
    {
        const int Bytes = 1_000_000;
        byte[] file = File(
            $"{{{string.Join(',', Enumerable.Range(0, 500).Select(i => Named($"t{i}", $"[{Bytes / 4}]", $"[0,{Bytes}]")))}}}",
            Bytes
        );
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => SafetensorsFile.Parse(file, "t"), Throws.TypeOf<BundleException>().With.Message.Contain("overlaps"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(20 * Bytes));
    }

    // JSON can not carry half a surrogate pair.
    private static bool IsText(string text) => text == Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static int[] Bits(FloatTensor tensor) => [.. tensor.Values.Select(BitConverter.SingleToInt32Bits)];

    private static byte[] Write(IReadOnlyDictionary<string, FloatTensor> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using MemoryStream stream = new();
        SafetensorsFile.Write(stream, tensors, metadata);
        return stream.ToArray();
    }

    private static string Tensor(string shape, string offsets) => $"{{{Named("a", shape, offsets)}}}";

    private static string Named(string name, string shape, string offsets) =>
        $"\"{name}\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":{offsets}}}";

    private static byte[] File(string header, int data = 0) =>
        [.. WithLength((ulong)Encoding.UTF8.GetByteCount(header), header), .. new byte[data]];

    private static byte[] WithLength(ulong length, string header)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        return [.. bytes, .. Encoding.UTF8.GetBytes(header)];
    }

    // Messages about a place read "t, place: ...", those about the whole file "t: ...".
    private static TestCaseData Row(string name, byte[] bytes, string message, string? separator = ", ") =>
        new TestCaseData(bytes, "t" + (bytes.Length == 0 || separator is null ? ": " : separator) + message).SetArgDisplayNames(name);
}
