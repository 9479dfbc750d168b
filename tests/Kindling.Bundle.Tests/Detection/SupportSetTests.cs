namespace Kindling.Bundles.Tests.Detecting;

/// <summary>Pictures with boxes as examples.</summary>
public sealed class SupportSetTests
{
    // twice as wide as high: padded above and below, and halved
    [Test]
    public void MapBack_OfWhatMapGave_IsTheBox()
    {
        ImagePreprocessing pictures = new() { Width = 32, Height = 32 };
        Box box = new(10, 4, 40, 30);
        Box mapped = pictures.Map(ImageInput.FromGrey(new byte[64 * 32], 64, 32), box);

        Assert.That(mapped, Is.EqualTo(new Box(5, 10, 20, 23)));
        Assert.That(pictures.MapBack(64, 32, mapped), Is.EqualTo(box));
        Assert.That(pictures.MapBack(64, 32, new Box(0, 0, 32, 32)), Is.EqualTo(new Box(0, 0, 64, 32)), "what is left of the padding");
    }
}
