using System.Buffers.Binary;
using System.Text;

namespace Kindling.Train.Torch;

/// <summary>
/// The symbol versions that a 64-bit little-endian ELF library asks of others (section <c>.gnu.version_r</c>), and the flag that makes such a
/// request weak: the loader then goes on when the version is missing.
/// </summary>
internal static class ElfVersionNeeds
{
    private const int SectionTypeVersionNeed = 0x6ffffffe;
    private const ushort Weak = 2;

    /// <summary>Sets the weak flag of every request for <paramref name="version"/>.</summary>
    /// <returns>How many requests were changed.</returns>
    /// <exception cref="InvalidDataException">The bytes are no such library.</exception>
    public static int MakeWeak(Span<byte> elf, string version)
    {
        // e_ident: magic, 64-bit, little-endian
        if (elf.Length < 64 || !elf[..6].SequenceEqual("\u007fELF\u0002\u0001"u8))
        {
            throw new InvalidDataException("Expected a 64-bit little-endian ELF library.");
        }

        long sectionTable = BinaryPrimitives.ReadInt64LittleEndian(elf[0x28..]);
        int entrySize = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3A..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3C..]);
        int changed = 0;
        for (int i = 0; i < count; i++)
        {
            Section section = Section.Read(elf, sectionTable + ((long)i * entrySize));
            if (section.Type == SectionTypeVersionNeed)
            {
                Section strings = Section.Read(elf, sectionTable + ((long)section.Link * entrySize));
                changed += MakeWeak(elf, section, strings, version);
            }
        }

        return changed;
    }

    private static int MakeWeak(Span<byte> elf, Section needs, Section strings, string version)
    {
        int changed = 0;
        long need = needs.Offset;
        for (uint n = 0; n < needs.Info; n++)
        {
            // Verneed: version, cnt (16 bits each), file, aux, next (32 bits each)
            Span<byte> record = elf.Slice((int)need, 16);
            int auxiliaries = BinaryPrimitives.ReadUInt16LittleEndian(record[2..]);
            long auxiliary = need + BinaryPrimitives.ReadUInt32LittleEndian(record[8..]);
            for (int a = 0; a < auxiliaries; a++)
            {
                // Vernaux: hash (32), flags, other (16 each), name, next (32 each)
                Span<byte> entry = elf.Slice((int)auxiliary, 16);
                long name = strings.Offset + BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]);
                if (ReadString(elf, name) == version)
                {
                    ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(entry[4..]);
                    BinaryPrimitives.WriteUInt16LittleEndian(entry[4..], (ushort)(flags | Weak));
                    changed++;
                }

                auxiliary += BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]);
            }

            need += BinaryPrimitives.ReadUInt32LittleEndian(record[12..]);
        }

        return changed;
    }

    private static string ReadString(ReadOnlySpan<byte> elf, long offset)
    {
        ReadOnlySpan<byte> rest = elf[(int)offset..];
        return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)0)]);
    }

    private readonly record struct Section(int Type, long Offset, int Link, uint Info)
    {
        public static Section Read(ReadOnlySpan<byte> elf, long at)
        {
            ReadOnlySpan<byte> header = elf.Slice((int)at, 64);
            return new(
                BinaryPrimitives.ReadInt32LittleEndian(header[4..]),
                BinaryPrimitives.ReadInt64LittleEndian(header[0x18..]),
                BinaryPrimitives.ReadInt32LittleEndian(header[0x28..]),
                BinaryPrimitives.ReadUInt32LittleEndian(header[0x2C..])
            );
        }
    }
}
