using System.Text;
using Kindling.Adapt;
using Kindling.Bundles;

using AdaptableModel model = AdaptableModel.Open("models/udhr-4k/build");
using Learner learner = model.CreateLearner();
byte[] read = File.ReadAllBytes("basque.txt"); // a few kilobytes of the language; bytes are bytes, nothing is decoded
_ = await learner.AdaptAsync(SupportSet.FromText(model.Manifest, read));

byte[] typed = Encoding.UTF8.GetBytes("Pertsona guztiek dute esku");
foreach (NextWord word in learner.NextWords(typed, count: 3, before: read))
{
    Console.WriteLine($"{word.Word} {word.Probability:0.00}, append '{word.Rest}'");
}

TextScore score = learner.Score(File.ReadAllBytes("more.txt"), before: read);
Console.WriteLine($"{score.BitsPerByte:0.00} bits per byte, perplexity {score.Perplexity:0.0}");
