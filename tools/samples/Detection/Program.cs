using System.Globalization;
using Kindling.Adapt;
using Kindling.Bundles;
using StbImageSharp;

// usage: Detection BUNDLE PICTURE LABEL LEFT TOP RIGHT BOTTOM QUERY: one object of one picture, then look for more of its kind
float[] edges = [.. args[3..7].Select(edge => float.Parse(edge, CultureInfo.InvariantCulture))];
Box where = new(edges[0], edges[1], edges[2], edges[3]);

using AdaptableModel model = AdaptableModel.Open(args[0]);
using Learner learner = model.CreateLearner();

// pictures with all their objects
SupportSet examples = SupportSet.FromObjects(model.Manifest, [(Load(args[1]), [new LabelledBox(args[2], where)])]);
AdaptReport report = await learner.AdaptAsync(examples);
Console.WriteLine(report.Reason);

// boxes are in pixels of the picture that is asked about
foreach (Detection found in learner.Detect(Load(args[7])))
{
    Console.WriteLine($"{found.Label} {found.Score:0.00} at {found.Box}");
}

learner.Save("camera.adapted");

static ImageInput Load(string file)
{
    ImageResult image = ImageResult.FromMemory(File.ReadAllBytes(file), ColorComponents.RedGreenBlueAlpha);
    return ImageInput.FromPixels(image.Data, image.Width, image.Height);
}
