using Kindling.Bundles;

// SaveLoop PATH KEEP VALUES [COUNT]: saves a delta over and over, each time with other numbers of which all are equal, until COUNT saves are done or it is
// killed. A line on standard output after the first save says that it runs.
string path = args[0];
int keep = int.Parse(args[1]);
int values = int.Parse(args[2]);
int count = args.Length > 3 ? int.Parse(args[3]) : int.MaxValue;
float[] numbers = new float[values];
for (int i = 1; i <= count; i++)
{
    Array.Fill(numbers, i);
    new DeltaFile
    {
        Base = new string('0', 64),
        Name = "loop",
        Classes = [],
        Steps = i,
        Tensors = new Dictionary<string, FloatTensor> { ["w"] = new([values], numbers) },
    }.Write(path, keep);
    if (i == 1)
    {
        Console.WriteLine("saving");
    }
}
