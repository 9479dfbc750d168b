using System.Text;
using CsCheck;

namespace Kindling.Bundles.Tests;

/// <summary>Tensors held in fewer bytes than float32 takes.</summary>
[TestFixture]
internal sealed class TensorStorageTests
{
    // 127 times the least normal float: a row of nothing greater becomes zeros.
    private const float Vanishing = 1.5e-36f;

    private static readonly Gen<FloatTensor> Matrices = Gen.Select(Gen.Int[1, 5], Gen.Int[0, 6], Gen.Float[-1e4f, 1e4f].Array[30])
        .Select((rows, columns, values) => new FloatTensor([rows, columns], values[..(rows * columns)]));

    [TestCase(1e-39f)]
    [TestCase(1.4e-36f)]
    public void RoundedTo_NumbersNextToNothing_StaysAsItIsOnceRounded(float greatest)
    {
        FloatTensor rounded = new FloatTensor([1, 3], [greatest, -greatest / 3, greatest / 100]).RoundedTo(TensorStorage.Int8);
        Assert.That(rounded.RoundedTo(TensorStorage.Int8).Values, Is.EqualTo(rounded.Values));
        Assert.That(rounded.Values[0], Is.EqualTo(greatest).Within(Vanishing));
    }

    [TestCase(TensorStorage.Float16)]
    [TestCase(TensorStorage.Int8)]
    public void Write_RoundedTensor_IsReadBackToTheBit(TensorStorage storage) =>
        Matrices.Sample(
            tensor =>
            {
                FloatTensor rounded = tensor.RoundedTo(storage);
                Assert.That(rounded.RoundedTo(storage).Values, Is.EqualTo(rounded.Values), "rounded once");
                SafetensorsFile file = WriteAndRead(
                    new()
                    {
                        ["w"] = rounded,
                        ["v"] = tensor,
                        ["z"] = tensor,
                    },
                    new() { ["w"] = storage }
                );
                Assert.That(file.Tensors.Keys, Is.EquivalentTo(new[] { "w", "v", "z" }));
                Assert.That(file.Tensors["w"].Shape, Is.EqualTo(tensor.Shape));
                Assert.That(file.Tensors["w"].Values, Is.EqualTo(rounded.Values));
                Assert.That(file.Tensors["v"].Values, Is.EqualTo(tensor.Values));
                Assert.That(file.Tensors["z"].Values, Is.EqualTo(tensor.Values));
            },
            iter: 200
        );

    [Test]
    public void RoundedTo_Int8_IsWithinHalfAStepOfEachRow() =>
        Matrices.Sample(
            tensor =>
            {
                float[] rounded = tensor.RoundedTo(TensorStorage.Int8).Values;
                int row = tensor.Shape[1];
                for (int i = 0; i < rounded.Length; i++)
                {
                    float greatest = tensor.Values.Skip(i / row * row).Take(row).Max(MathF.Abs);
                    Assert.That(rounded[i], Is.EqualTo(tensor.Values[i]).Within((greatest / 127 * 0.501f) + Vanishing));
                    Assert.That(MathF.Abs(rounded[i]), Is.LessThanOrEqualTo((greatest * 1.0001f) + Vanishing));
                }
            },
            iter: 200
        );

    [TestCase(TensorStorage.Float16, 2)]
    [TestCase(TensorStorage.Int8, 1)]
    public void Write_Storage_TakesSoManyBytesANumber(TensorStorage storage, int bytes)
    {
        FloatTensor tensor = new([10, 1000], [.. Enumerable.Range(0, 10_000).Select(i => (float)i)]);
        using MemoryStream stream = new();
        SafetensorsFile.Write(
            stream,
            new Dictionary<string, FloatTensor> { ["w"] = tensor },
            null,
            new Dictionary<string, TensorStorage> { ["w"] = storage }
        );
        Assert.That(stream.Length, Is.InRange(10_000 * bytes, (10_000 * bytes) + 300));
    }

    [TestCase(70_000f, TensorStorage.Float16, "Float16 holds numbers up to 65504 in size, element 1 of float[2] is 70000.")]
    [TestCase(float.NaN, TensorStorage.Float16, "Float16 holds numbers up to 65504 in size, element 1 of float[2] is NaN.")]
    [TestCase(float.NegativeInfinity, TensorStorage.Int8, "element 1 of float[2] is -")]
    public void RoundedTo_WhatItDoesNotHold_IsRefused(float value, TensorStorage storage, string message) =>
        Assert.That(() => new FloatTensor([2], [1, value]).RoundedTo(storage), Throws.ArgumentException.With.Message.Contain(message));

    [TestCase("", 0, "expected its scales as an F32 tensor 'a.int8.scale' of shape [2], got none.")]
    [TestCase(""","a.int8.scale":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", 4, "of shape [2], got float[1].")]
    [TestCase(""","a.int8.scale":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}""", 8, "of shape [2], got float[1, 2].")]
    public void Parse_Int8WithoutItsScales_IsRefused(string scales, int at, string message)
    {
        string header = $$"""{"a":{"dtype":"I8","shape":[2,3],"data_offsets":[{{at}},{{at + 6}}]}{{scales}}}""";
        byte[] bytes = [.. BitConverter.GetBytes((ulong)header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[at + 6]];
        Assert.That(() => SafetensorsFile.Parse(bytes, "t"), Throws.TypeOf<BundleException>().With.Message.Contain(message));
    }

    private static SafetensorsFile WriteAndRead(Dictionary<string, FloatTensor> tensors, Dictionary<string, TensorStorage> storage)
    {
        using MemoryStream stream = new();
        SafetensorsFile.Write(stream, tensors, null, storage);
        return SafetensorsFile.Parse(stream.ToArray(), "t");
    }
}
