using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Fuzz.Tests;

/// <summary>Good inputs that are no file of a bundle.</summary>
internal static class Corpus
{
    /// <summary>PNGs (colour with transparency and three filters, a palette of 4 bits, grey), a baseline JPEG with halved colour, and a progressive one with restart markers.</summary>
    public static byte[][] Pictures() =>
        [
            Convert.FromBase64String(
                """
                iVBORw0KGgoAAAANSUhEUgAAABEAAAAMCAYAAACEJVa/AAACB0lEQVR42j3QP2gTUQDH8au1hNrWW/wPjUMD1dJMCg6mHVzfUCjiECyIU4ObDgYUHoL68A92
                C4iLIFGkSCxekQxm8EFJa2/woAZK/HO0ptAEOWhPMKV9fi8mDh+O9+Dg932WJY2xpWnGpQmT0gQpaepCmlpaGj8jTTUrTUVJ4+WkcfPSlB1ptJam5ElT9KVx
                AmkKXZasG3vA2vmvv60PB9CLWFsP9qMbVtuetbPPshqWNYDjGMIIRtvf6HwMvdjGV3zEKzzGdaRhSW3sl7oZX9Rhck0HqS1dF791Ld3QfmZFV7PzuqJmtJeb
                1m7+gi47Ca21rUteTBf9Pu0EgzrKKRj7DLNGcBRd2EQFLpbxBRvYxWEMI/rnLEY7Of04iG5s4hPeYRYfsIEEruIJnkFiHD9bOcrYi6oZ31JhsqGC1Lyqi2lV
                SyeUn4mpanZQVdSU8nKzys1vqLITKq0/q5L3QBX9MeUEAyrKuWHsi8wawne8wSxWEcckLuE01lHAa6zgBCY6OdHr7+EHlvENRzCJKziFBdzC3XZeBnO438oR
                xl4TzXhDhMkZEaQSoi76RC09JfyMK6rZUFTUW+HlxoSbj4myMy60nhMlLxRF3xVOcFlEOeeMfY1Z23iIF0jgNgQWcAdL/6a37k/iOR7hTyenB7+wil2cRwrr
                eIolTOAeDiGLmxjG+4b1F/BCafSREgbVAAAAAElFTkSuQmCC
                """
            ),
            Convert.FromBase64String(
                """
                iVBORw0KGgoAAAANSUhEUgAAAAoAAAAJBAMAAAD5iKAgAAAAElBMVEUA/wAo1wdQrxx4hz+gX3DIN6+tayieAAAAA3RSTlMAgP/s97MYAAAAJklEQVR42mNg
                VHZlVGYQMgkQMmEAMV0ZQMwABhCTkQHEFGLAUAMAwAMHNgcx350AAAAASUVORK5CYII=
                """
            ),
            Convert.FromBase64String(
                "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAAAAACMmsGiAAAAEElEQVR4nGNgaPgvx4BKAAA+6gZ1GUFNtwAAAABJRU5ErkJggg=="
            ),
            Convert.FromBase64String(
                """
                /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/
                2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCAAMABEDASIAAhEBAxEB/8QA
                FwAAAwEAAAAAAAAAAAAAAAAAAAMFAv/EACcQAAICAQICCwAAAAAAAAAAAAECAwQAERIxYQUTFCFRVGSBkpTR/8QAFgEBAQEAAAAAAAAAAAAAAAAAAwIF/8QA
                HxEAAQMDBQAAAAAAAAAAAAAAAAECBBHR8AMSFCFR/9oADAMBAAIRAxEAPwDaSwVaqyzKGLcB44+KzMyCRkr1YjwLrqT7ZMUCXpCpG/eixbgOePimc13uNo0x
                l2KSNQg5DJdLcFB00onpS7T6gfUwxnUSebs/MfmGBy3ZSxt7M6sf/9k=
                """
            ),
            Convert.FromBase64String(
                """
                /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/
                2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wgARCAAMABEDASEAAhEBAxEB/8QA
                FwAAAwEAAAAAAAAAAAAAAAAAAAMEAf/EABcBAAMBAAAAAAAAAAAAAAAAAAEDBAL/3QAEAAH/2gAMAwEAAhADEAAAAdYxf//QoNVf/9FTED//0qiGj//EABsQ
                AAICAwEAAAAAAAAAAAAAAAABAhEDEiIx/9oACAEBAAEFArUY/wD/0FJn/9HY/9L3J//TT5//1KZ//8QAHBEAAQMFAAAAAAAAAAAAAAAAAAEDQRESUWGh/9oA
                CAEDAQE/AWElT//Qt10//9FiD//SqmD/xAAbEQACAQUAAAAAAAAAAAAAAAAAARICEUFh8P/aAAgBAgEBPwF15Z//0J9c/9Fs/9Kej//EAB0QAAEEAgMAAAAA
                AAAAAAAAAAABAhEyEiJBYaL/2gAIAQEABj8ClT//0J1ah//Rt5P/0mp0f//Tz5k//9Szj//EABoQAQADAQEBAAAAAAAAAAAAAAEAESFhMfH/2gAIAQEAAT8h
                Bxu5/9BJY6if/9GH/9I0vC0//9NbLcjk/9T7U//aAAwDAQACAAMAAAAQr//QD//Rn//SH//EABsRAAICAwEAAAAAAAAAAAAAAAABEWEhMXGh/9oACAEDAQE/
                EJcjpI//0Af/0U0563J//9Kof//EABoRAAIDAQEAAAAAAAAAAAAAAAABESFxUfD/2gAIAQIBAT8QksxH/9DA/9FtL1tn/9KXB//EAB4QAQACAgEFAAAAAAAA
                AAAAAAEAETFhIVFxgdHx/9oACAEBAAE/EDiLA6z/0DKThuXxP//R7U//0gc1qjc//9NtIl5LDon/1Pl/U//Z
                """
            ),
        ];

    /// <summary>A delta, and one of format 1: without a checksum, which lets through little damage.</summary>
    public static byte[][] Deltas(string bundle, string file)
    {
        using AdaptableModel model = AdaptableModel.Open(bundle);
        using Learner learner = model.CreateLearner();
        _ = learner.Adapt(Support());
        learner.Save(file);
        byte[] sealedDelta = File.ReadAllBytes(file);
        SafetensorsFile parts = SafetensorsFile.Parse(sealedDelta, file);
        Dictionary<string, string> metadata = new(parts.Metadata) { ["format"] = "kindling-delta/1" };
        metadata.Remove("sha256");
        SafetensorsFile.Write(file, parts.Tensors, metadata);
        return [sealedDelta, File.ReadAllBytes(file)];
    }

    public static byte[] Memory(string file)
    {
        ReplayMemory memory = new(9);
        memory.Add(Support());
        memory.Save(file);
        return File.ReadAllBytes(file);
    }

    public static SupportSet Support() =>
        SupportSet.FromExamples([("a", new FloatTensor([2], [1, 0])), ("b", new FloatTensor([2], [0, 1]))]);
}
