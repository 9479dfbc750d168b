using Kindling.Adapt;
using Kindling.Bundles;
using StbImageSharp;

// usage: OwnData BUNDLE EXAMPLES PICTURE, where EXAMPLES holds one folder of pictures a class
using AdaptableModel model = AdaptableModel.Open(args[0]);
using Learner learner = model.CreateLearner();

SupportSet examples = SupportSet.FromImages(
    model.Manifest,
    from folder in Directory.EnumerateDirectories(args[1])
    from file in Directory.EnumerateFiles(folder)
    select (Path.GetFileName(folder), Load(file))
);
AdaptReport report = await learner.AdaptAsync(examples);
Console.WriteLine(report.Reason);

Prediction prediction = learner.Predict(Load(args[2]));
Console.WriteLine($"{args[2]}: {prediction}");
learner.Save("user.adapted"); // OpenLearner brings it back, in this app or in `kindling predict`

static ImageInput Load(string file)
{
    ImageResult picture = ImageResult.FromMemory(File.ReadAllBytes(file), ColorComponents.RedGreenBlueAlpha);
    return ImageInput.FromPixels(picture.Data, picture.Width, picture.Height);
}
