using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Fuzz.Tests;

/// <summary>Good inputs that are no file of a bundle.</summary>
internal static class Corpus
{
    /// <summary>A grey PNG of a few pixels, a colour PNG of a model's card, a baseline JPEG with halved colour, and a progressive one with restart markers.</summary>
    public static byte[][] Pictures() =>
        [
            File.ReadAllBytes(
                Directory.EnumerateFiles(Root.Combine("models"), "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First()
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
