using System.Text.Json;

namespace Kindling.Bundles;

/// <summary>Reads the header of a safetensors file against its data; every refusal names the tensor.</summary>
internal static class SafetensorsHeader
{
    internal static SafetensorsFile Read(JsonElement root, ReadOnlySpan<byte> data, string source)
    {
        Require(root.ValueKind == JsonValueKind.Object, source, "header", "an object", root.ValueKind);
        Dictionary<string, (TensorStorage Storage, int[] Shape, long Begin, long End)> entries = new(StringComparer.Ordinal);
        Dictionary<string, string>? metadata = null;
        foreach (JsonProperty entry in root.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
            {
                metadata = metadata is null ? Metadata(entry.Value, source) : throw Twice(source, entry.Name);
                continue;
            }

            (TensorStorage storage, int[] shape, long begin, long end) = Entry(entry, source);
            if (begin < 0 || end < begin || end > data.Length)
            {
                throw new BundleException(
                    $"{source}, tensor '{entry.Name}': data_offsets [{begin}, {end}] are not a range within the {data.Length} bytes of data."
                );
            }

            int width = StoredTensor.Size(storage);
            long bytes = Bytes(width, shape, entry.Name, source);
            if (end - begin != bytes)
            {
                throw new BundleException(
                    $"{source}, tensor '{entry.Name}': shape [{string.Join(", ", shape)}] takes {bytes} bytes, data_offsets [{begin}, {end}] give {end - begin}."
                );
            }

            if (begin % width != 0)
            {
                throw new BundleException(
                    $"{source}, tensor '{entry.Name}': data_offsets must be multiples of {width}, got [{begin}, {end}]."
                );
            }

            if (!entries.TryAdd(entry.Name, (storage, shape, begin, end)))
            {
                throw Twice(source, entry.Name);
            }
        }

        // before anything is copied: entries that share bytes would take more than the file has
        RequireExactCover([.. entries.Select(entry => (entry.Value.Begin, entry.Value.End, entry.Key))], data.Length, source);
        Dictionary<string, FloatTensor> tensors = new(StringComparer.Ordinal);
        Dictionary<string, sbyte[]> scaled = new(StringComparer.Ordinal);
        foreach ((string name, (TensorStorage storage, int[] shape, long begin, long end)) in entries)
        {
            ReadOnlySpan<byte> own = data[(int)begin..(int)end];
            if (storage == TensorStorage.Int8)
            {
                scaled[name] = StoredBlock.ReadValues<sbyte>(own);
                tensors.Add(name, new FloatTensor(shape, new float[own.Length]));
            }
            else
            {
                float[] values =
                    storage == TensorStorage.Float16
                        ? StoredTensor.FromHalf(StoredBlock.ReadValues<Half>(own))
                        : StoredBlock.ReadValues<float>(own);
                tensors.Add(name, new FloatTensor(shape, values));
            }
        }

        foreach ((string name, sbyte[] whole) in scaled)
        {
            Scale(tensors, name, whole, source);
        }

        return SafetensorsFile.Create(tensors, metadata ?? []);
    }

    private static void Scale(Dictionary<string, FloatTensor> tensors, string name, sbyte[] whole, string source)
    {
        string scale = StoredBlock.ScaleOf(name);
        IReadOnlyList<int> shape = tensors[name].Shape;
        int rows = StoredTensor.Rows(shape);
        if (!tensors.Remove(scale, out FloatTensor? scales) || scales.Rank != 1 || scales.Count != rows)
        {
            throw new BundleException(
                $"{source}, tensor '{name}': expected its scales as an F32 tensor '{scale}' of shape [{rows}], got {(scales is null ? "none" : scales.ToString())}."
            );
        }

        tensors[name] = new FloatTensor([.. shape], StoredTensor.FromWhole(whole, scales.Values));
    }

    private static Dictionary<string, string> Metadata(JsonElement element, string source)
    {
        Require(element.ValueKind == JsonValueKind.Object, source, "__metadata__", "an object", element.ValueKind);
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        foreach (JsonProperty entry in element.EnumerateObject())
        {
            Require(entry.Value.ValueKind == JsonValueKind.String, source, $"__metadata__ '{entry.Name}'", "text", entry.Value.ValueKind);
            if (!metadata.TryAdd(entry.Name, entry.Value.GetString()!))
            {
                throw Twice(source, entry.Name);
            }
        }

        return metadata;
    }

    private static (TensorStorage Storage, int[] Shape, long Begin, long End) Entry(JsonProperty entry, string source)
    {
        string place = $"tensor '{entry.Name}'";
        Require(entry.Value.ValueKind == JsonValueKind.Object, source, place, "an object", entry.Value.ValueKind);
        string? type = null;
        int[]? shape = null;
        long[]? offsets = null;
        foreach (JsonProperty member in entry.Value.EnumerateObject())
        {
            switch (member.Name)
            {
                case "dtype" when type is null && member.Value.ValueKind == JsonValueKind.String:
                    type = member.Value.GetString();
                    break;
                case "shape" when shape is null:
                    long[] sizes = Numbers(member.Value, SafetensorsFile.MaximumRank, $"{place}, shape", source);
                    shape = Array.ConvertAll(
                        sizes,
                        size =>
                            size is >= 0 and <= int.MaxValue
                                ? (int)size
                                : throw new BundleException($"{source}, {place}: a dimension must be 0 to {int.MaxValue}, got {size}.")
                    );
                    break;
                case "data_offsets" when offsets is null:
                    offsets = Numbers(member.Value, 2, $"{place}, data_offsets", source);
                    break;
                default:
                    throw new BundleException(
                        $"{source}, {place}: expected dtype (text), shape and data_offsets once each, got '{member.Name}' ({member.Value.ValueKind})."
                    );
            }
        }

        if (type is null || shape is null || offsets is not { Length: 2 })
        {
            throw new BundleException($"{source}, {place}: expected dtype, shape and two data_offsets.");
        }

        TensorStorage storage = type switch
        {
            "F32" => TensorStorage.Float32,
            "F16" => TensorStorage.Float16,
            "I8" => TensorStorage.Int8,
            _ => throw new BundleException($"{source}, {place}: expected dtype F32, F16 or I8, got {type}."),
        };
        return (storage, shape, offsets[0], offsets[1]);
    }

    private static long[] Numbers(JsonElement element, int most, string place, string source)
    {
        Require(element.ValueKind == JsonValueKind.Array, source, place, "an array", element.ValueKind);
        int count = element.GetArrayLength();
        if (count > most)
        {
            throw new BundleException($"{source}, {place}: at most {most} numbers, got {count}.");
        }

        long[] numbers = new long[count];
        for (int i = 0; i < count; i++)
        {
            if (element[i].ValueKind != JsonValueKind.Number || !element[i].TryGetInt64(out numbers[i]))
            {
                throw new BundleException($"{source}, {place}: expected whole numbers, got {element[i].GetRawText()}.");
            }
        }

        return numbers;
    }

    private static long Bytes(int width, int[] shape, string name, string source)
    {
        long bytes = width;
        foreach (int dimension in shape)
        {
            // Both factors are below 2^31 here, so the product cannot wrap around.
            bytes *= dimension;
            if (bytes > int.MaxValue)
            {
                throw new BundleException(
                    $"{source}, tensor '{name}': shape [{string.Join(", ", shape)}] takes more than {int.MaxValue} bytes."
                );
            }
        }

        return bytes;
    }

    /// <summary>The ranges, sorted, must follow each other without overlap or hole up to the end of the data.</summary>
    private static void RequireExactCover(List<(long Begin, long End, string Name)> ranges, long length, string source)
    {
        ranges.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        long at = 0;
        string before = "the header";
        foreach ((long begin, long end, string name) in ranges)
        {
            if (begin != at)
            {
                string fault = begin < at ? "overlaps" : "leaves a hole after";
                throw new BundleException(
                    $"{source}, tensor '{name}': data_offsets [{begin}, {end}] should begin at {at}: it {fault} {before}."
                );
            }

            (at, before) = (end, $"'{name}'");
        }

        if (at != length)
        {
            throw new BundleException($"{source}: the tensors take {at} bytes, {length} bytes of data are in the file.");
        }
    }

    private static BundleException Twice(string source, string name) => new($"{source}: '{name}' appears twice in the header.");

    private static void Require(bool condition, string source, string place, string expected, JsonValueKind got)
    {
        if (!condition)
        {
            throw new BundleException($"{source}, {place}: expected {expected}, got {got}.");
        }
    }
}
