using System.Buffers.Binary;
using System.Text;
using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Train.Session;
using Kindling.Train.TensorBoard;

namespace Kindling.Train.Tests;

/// <summary>Events for TensorBoard, read by a reader that shares nothing with the writer: checksums bit by bit, messages field by field.</summary>
public sealed class EventLogTests
{
    private static readonly AlgorithmSpec Algorithm = new()
    {
        Type = "maml",
        Iterations = 100,
        TasksPerBatch = 1,
        OuterRate = 0.5,
        Schedule = "linear",
    };

    private TemporaryFolder temporary = null!;

    private string folder = "";

    private string EventFile => Path.Combine(folder, "run", "events.out.tfevents.kindling");

    [SetUp]
    public void CreateFolder()
    {
        temporary = new TemporaryFolder();
        folder = temporary.Path;
    }

    [TearDown]
    public void DeleteFolder() => temporary.Dispose();

    // The check value of CRC-32C in every catalogue of checksums.
    [Test]
    public void Checksum_OfThisReader_IsCrc32C() => Assert.That(Crc32C("123456789"u8), Is.EqualTo(0xE3069283));

    [Test]
    public void Add_Lines_AreScalarsByStep()
    {
        Write(0, Line(1, 2.5, null), Line(51, 1.5, [0, 0.75]));
        List<Event> events = Read();
        Assert.That(events[0].Version, Is.EqualTo("brain.Event:2"));
        Assert.That(events.Select(e => e.Step), Is.EqualTo(new long[] { 0, 1, 51 }));
        Assert.That(events.Select(e => e.WallTime), Has.All.EqualTo(1_000_000_000.5));
        Assert.That(events[1].Scalars, Is.EqualTo(Scalars(("loss", 2.5f), ("rate/outer", 0.5f), ("rate/tasks_per_second", 320))));
        Assert.That(
            events[2].Scalars,
            Is.EqualTo(
                Scalars(
                    ("loss", 1.5f),
                    ("rate/outer", 0.25f),
                    ("rate/tasks_per_second", 320),
                    ("validation/steps_0", 0),
                    ("validation/steps_1", 0.75f)
                )
            )
        );
    }

    [Test]
    public void Open_AtACheckpoint_HasNoStepTwice()
    {
        Write(0, Line(5, 1, null), Line(10, 2, null), Line(15, 3, null));
        Write(10, Line(15, 4, null), Line(20, 5, null));
        List<Event> events = Read();
        Assert.That(events.Select(e => e.Step), Is.EqualTo(new long[] { 0, 5, 10, 15, 20 }));
        Assert.That(events.Skip(1).Select(e => e.Scalars["loss"]), Is.EqualTo(new[] { 1f, 2, 4, 5 }));
    }

    [Test]
    public void Open_OfANewTraining_StartsAnew()
    {
        Write(0, Line(5, 1, null));
        Write(0, Line(7, 2, null));
        Assert.That(Read().Select(e => e.Step), Is.EqualTo(new long[] { 0, 7 }));
    }

    // Wherever a kill cuts the file, going on keeps all whole events.
    [Test]
    public void Open_FileThatAKillCutShort_GoesOn()
    {
        Write(0, Line(5, 1, null));
        int whole = (int)new FileInfo(EventFile).Length;
        Write(5, Line(10, 1, null));
        byte[] bytes = File.ReadAllBytes(EventFile);
        for (int length = whole; length < bytes.Length; length++)
        {
            File.WriteAllBytes(EventFile, bytes[..length]);
            Write(5, Line(11, 1, null));
            Assert.That(Read().Select(e => e.Step), Is.EqualTo(new long[] { 0, 5, 11 }), $"cut at {length}");
        }
    }

    [TestCase(3)]
    [TestCase(9)]
    [TestCase(14)]
    public void Open_DamagedFile_IsRefused(int position)
    {
        Write(0, Line(5, 1, null));
        byte[] bytes = File.ReadAllBytes(EventFile);
        bytes[position] ^= 1;
        File.WriteAllBytes(EventFile, bytes);
        Assert.That(
            () => Write(5),
            Throws.TypeOf<BundleException>().With.Message.StartsWith($"{EventFile}: damaged events, expected checksum ")
        );
    }

    private static Dictionary<string, float> Scalars(params (string Tag, float Value)[] scalars) =>
        scalars.ToDictionary(s => s.Tag, s => s.Value);

    private static TrainingProgress Line(int iteration, double loss, IReadOnlyList<double>? validation) =>
        new(iteration, 100, 320, TimeSpan.Zero, loss, validation);

    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78);
            }
        }

        return ~crc;
    }

    private void Write(int iteration, params TrainingProgress[] lines)
    {
        using EventLog log = new(Path.GetDirectoryName(EventFile)!, iteration, Algorithm, new Clock());
        foreach (TrainingProgress line in lines)
        {
            log.Add(line);
        }
    }

    private List<Event> Read()
    {
        ReadOnlySpan<byte> rest = File.ReadAllBytes(EventFile);
        List<Event> events = [];
        while (rest.Length > 0)
        {
            int length = (int)BinaryPrimitives.ReadInt64LittleEndian(rest);
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]), Is.EqualTo(Masked(rest[..8])), "checksum of the length");
            ReadOnlySpan<byte> record = rest.Slice(12, length);
            Assert.That(
                BinaryPrimitives.ReadUInt32LittleEndian(rest[(12 + length)..]),
                Is.EqualTo(Masked(record)),
                "checksum of the record"
            );
            events.Add(Event.Parse(record));
            rest = rest[(12 + length + 4)..];
        }

        return events;
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        uint crc = Crc32C(bytes);
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
    }

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(1_000_000_000_500);
    }

    private sealed record Event(double WallTime, long Step, string Version, Dictionary<string, float> Scalars)
    {
        public static Event Parse(ReadOnlySpan<byte> bytes)
        {
            Event read = new(0, 0, "", []);
            foreach ((int field, byte[] value) in Fields(bytes))
            {
                read = field switch
                {
                    1 => read with { WallTime = BitConverter.ToDouble(value) },
                    2 => read with { Step = BitConverter.ToInt64(value) },
                    3 => read with { Version = Encoding.UTF8.GetString(value) },
                    5 => read with { Scalars = Fields(value).Select(v => Fields(v.Value)).ToDictionary(Tag, Number) },
                    _ => throw new InvalidDataException($"field {field}"),
                };
            }

            return read;
        }

        private static string Tag(List<(int Field, byte[] Value)> scalar) =>
            Encoding.UTF8.GetString(scalar.Single(f => f.Field == 1).Value);

        private static float Number(List<(int Field, byte[] Value)> scalar) =>
            BitConverter.ToSingle(scalar.Single(f => f.Field == 2).Value);

        // Wire types: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
        private static List<(int Field, byte[] Value)> Fields(ReadOnlySpan<byte> bytes)
        {
            List<(int, byte[])> fields = [];
            while (bytes.Length > 0)
            {
                long key = Varint(ref bytes);
                byte[] value = (key & 7) switch
                {
                    0 => BitConverter.GetBytes(Varint(ref bytes)),
                    1 => Take(ref bytes, 8),
                    2 => Take(ref bytes, (int)Varint(ref bytes)),
                    5 => Take(ref bytes, 4),
                    _ => throw new InvalidDataException($"key {key}"),
                };
                fields.Add(((int)(key >> 3), value));
            }

            return fields;
        }

        private static byte[] Take(ref ReadOnlySpan<byte> bytes, int count)
        {
            byte[] taken = bytes[..count].ToArray();
            bytes = bytes[count..];
            return taken;
        }

        private static long Varint(ref ReadOnlySpan<byte> bytes)
        {
            long value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte b = bytes[0];
                bytes = bytes[1..];
                value |= (long)(b & 0x7f) << shift;
                if (b < 0x80)
                {
                    return value;
                }
            }
        }
    }
}
