using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Tests.Scenes;

/// <summary>Pictures with boxes in three formats, and what is refused.</summary>
[TestFixture]
internal sealed class AnnotatedPicturesTests
{
    private const string Xml = """
        <annotation>
          <filename>one.png</filename>
          <object>
            <name>cat</name>
            <bndbox><xmin>2</xmin><ymin>1</ymin><xmax>9</xmax><ymax>6.5</ymax></bndbox>
          </object>
          <object>
            <name>dog</name>
            <bndbox><xmin>0</xmin><ymin>0</ymin><xmax>16</xmax><ymax>8</ymax></bndbox>
          </object>
        </annotation>
        """;

    private const string Json = """
        {
          "images": [{ "id": 7, "file_name": "one.png" }, { "id": 8, "file_name": "two.png" }],
          "categories": [{ "id": 1, "name": "cat" }, { "id": 3, "name": "dog" }],
          "annotations": [
            { "image_id": 7, "category_id": 1, "bbox": [2, 1, 7, 5.5] },
            { "image_id": 7, "category_id": 3, "bbox": [0, 0, 16, 8] },
            { "image_id": 7, "category_id": 3, "bbox": [0, 0, 16, 8], "iscrowd": 1 }
          ]
        }
        """;

    private const string Csv = """
        image,split,class,xmin,ymin,xmax,ymax
        one,train,cat,2,1,9,6.5
        one,train,dog,0,0,16,8
        """;

    private TestFiles files = null!;

    [SetUp]
    public void SetUp()
    {
        files = new TestFiles();
        files.Write("one.png", TestFiles.Png(16, 8, new byte[16 * 8]));
        files.Write("two.png", TestFiles.Png(16, 8, new byte[16 * 8]));
    }

    [TearDown]
    public void TearDown() => files.Dispose();

    [TestCase("one.xml", Xml, 1)]
    [TestCase("boxes.csv", Csv, 1)]
    [TestCase("annotations/all.json", Json, 2)]
    public void Read_EachFormat_GivesTheSameBoxes(string name, string text, int pictures)
    {
        files.Write(name, text);
        IReadOnlyList<AnnotatedPicture> read = AnnotatedPictures.Read(files.Root);

        Assert.That(read, Has.Count.EqualTo(pictures));
        Assert.That(Path.GetFileName(read[0].File), Is.EqualTo("one.png"));
        Assert.That(
            read[0].Objects,
            Is.EqualTo(new[] { new LabelledBox("cat", new Box(2, 1, 9, 6.5f)), new LabelledBox("dog", new Box(0, 0, 16, 8)) })
        );
        Assert.That(read[0].Part, Is.EqualTo(name == "boxes.csv" ? "train" : null));
        Assert.That(read.Skip(1).SelectMany(p => p.Objects), Is.Empty);
    }

    [Test]
    public void Read_VocFolder_KnowsItsParts()
    {
        files.Write("Annotations/one.xml", Xml);
        files.Write("ImageSets/Main/test.txt", "one\n");
        Assert.That(AnnotatedPictures.Read(files.Root).Single().Part, Is.EqualTo("test"));
    }

    // Lists that sort before the official ones do not hide them.
    [Test]
    public void Read_VocFolderWithFurtherLists_KnowsTrainAndTest()
    {
        files.Write("Annotations/one.xml", Xml);
        files.Write("Annotations/two.xml", Xml.Replace("one.png", "two.png"));
        files.Write("ImageSets/Main/all.txt", "one\ntwo\n");
        files.Write("ImageSets/Main/train.txt", "one\n");
        files.Write("ImageSets/Main/test.txt", "two\n");
        Assert.That(AnnotatedPictures.Read(files.Root).Select(p => p.Part), Is.EqualTo(new[] { "train", "test" }));
    }

    [Test]
    public void Read_VocPictureOfTrainAndTest_IsRefused()
    {
        files.Write("Annotations/one.xml", Xml);
        files.Write("ImageSets/Main/test.txt", "one\n");
        string train = files.Write("ImageSets/Main/train.txt", "one\n");
        Assert.That(
            () => AnnotatedPictures.Read(files.Root),
            Throws.TypeOf<BundleException>().With.Message.EqualTo($"'{train}': 'one' is in test.txt too: expected it in one of them.")
        );
    }

    [Test]
    public void Read_VocFilesOfOnePicture_AreRefused()
    {
        string first = files.Write("one.xml", Xml);
        string again = files.Write("other.xml", Xml);
        Assert.That(
            () => AnnotatedPictures.Read(files.Root),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"'{again}', line 1: the picture 'one.png' is '{Path.Combine(files.Root, "one.png")}', as is 'one.png' of '{first}', line 1: expected one annotation of each picture."
                )
        );
    }

    private static IEnumerable<TestCaseData> Refused() =>
        [
            new("one.xml", Xml.Replace("<xmax>9", "<xmax>2"), "'one.xml', line 3: the box [2, 1, 2, 6.5] of 'cat' has no area."),
            new(
                "one.xml",
                Xml.Replace("<xmax>16", "<xmax>17"),
                "'one.xml', line 7: the box [0, 0, 17, 8] of 'dog' is outside its picture of 16x8."
            ),
            new("one.xml", Xml.Replace("<ymin>1", "<ymin>up"), "'one.xml', line 5: ymin must be a number, got 'up'."),
            new("one.xml", Xml.Replace("<name>dog</name>", ""), "'one.xml', line 7: an object has no name."),
            new(
                "one.xml",
                Xml.Replace("one.png", "gone.png"),
                "'one.xml', line 1: the picture 'gone.png' is not in 'ROOT' nor in its JPEGImages or images."
            ),
            new(
                "boxes.csv",
                Csv.Replace("0,0,16,8", "0,0,16,9"),
                "'boxes.csv', row 2: the box [0, 0, 16, 9] of 'dog' is outside its picture of 16x8."
            ),
            new("boxes.csv", Csv.Replace("cat,2", ",2"), "'boxes.csv', row 1: the class is empty."),
            new(
                "boxes.csv",
                Csv.Replace("one,train,dog", "one.png,train,dog"),
                "'boxes.csv', row 2: the picture 'one.png' is 'ROOT/one.png', as is 'one' of 'boxes.csv', row 1: expected one annotation of each picture."
            ),
            new(
                "boxes.csv",
                Csv.Replace("one,train,dog", "one,test,dog"),
                "'boxes.csv', row 2: the split of 'one' is 'test', but 'train' in row 1: expected one for all its rows."
            ),
            new(
                "boxes.csv",
                Csv.Replace("xmax", "right"),
                "'boxes.csv': expected the columns image, class, xmin, ymin, xmax, ymax; 'xmax' is missing among image, split, class, xmin, ymin, right, ymax."
            ),
            new(
                "all.json",
                Json.Replace("\"category_id\": 1", "\"category_id\": 2"),
                "'all.json', line 5: category_id 2 is unknown; the categories are 1, 3."
            ),
            new(
                "all.json",
                Json.Replace("[2, 1, 7, 5.5]", "[2, 1, 0, 5.5]"),
                "'all.json', line 5: the box [2, 1, 2, 6.5] of 'cat' has no area."
            ),
            new(
                "all.json",
                Json.Replace("[2, 1, 7, 5.5]", "[2, 1]"),
                "'all.json', line 5: bbox must be four numbers: left, top, width, height."
            ),
            new("all.json", Json.Replace("\"id\": 8", "\"id\": 7"), "'all.json', images: id 7 stands there twice."),
            new(
                "all.json",
                Json.Replace("two.png", "./one.png"),
                "'all.json', images, id 8: the picture './one.png' is 'ROOT/one.png', as is 'one.png' of 'all.json', images, id 7: expected one annotation of each picture."
            ),
            new(
                "all.json",
                "{ \"images\": [], \"categories\": [],\n \"annotations\": [null] }",
                "'all.json', line 2: expected an annotation, got Null."
            ),
            new("all.json", "[]", "'all.json': expected COCO's object with images, categories and annotations; categories is missing."),
        ];

    [TestCaseSource(nameof(Refused))]
    public void Read_WrongBox_NamesFileAndLine(string name, string text, string message)
    {
        string path = files.Write(name, text);
        Assert.That(
            () => AnnotatedPictures.Read(files.Root),
            Throws.TypeOf<BundleException>().With.Message.EqualTo(message.Replace($"'{name}'", $"'{path}'").Replace("ROOT", files.Root))
        );
    }

    [Test]
    public void Read_Nothing_SaysWhatIsExpected()
    {
        Assert.That(
            () => AnnotatedPictures.Read(files.Root),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"'{files.Root}' holds no annotations: expected a folder of Pascal VOC, COCO or CSV annotations, a COCO .json file or a .csv file."
                )
        );
    }

    // blood cells: those of the official test list are the ones that it is judged by
    [Test]
    public void OfObjects_BloodCells_LearnsFromTrainAndIsJudgedByTest()
    {
        string folder = Path.Combine(Environment.GetEnvironmentVariable("KINDLING_DATA") ?? "", "bccd");
        if (!Directory.Exists(folder))
        {
            Assert.Ignore("KINDLING_DATA does not name a folder that holds bccd/.");
        }

        IReadOnlyList<AnnotatedPicture> all = AnnotatedPictures.Read(folder);

        Assert.That(all, Has.Count.EqualTo(364));
        Assert.That(all.Sum(p => p.Objects.Count), Is.EqualTo(4886));
        Assert.That(all.Count(p => p.Part == "test"), Is.EqualTo(72));
    }
}
