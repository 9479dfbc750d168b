using Kindling.Adapt;
using Kindling.Bundles;

using AdaptableModel model = AdaptableModel.Open("models/clinc150-5w/build");
using Learner learner = model.CreateLearner();
SupportSet support = SupportSet.FromTexts(
    model.Manifest,
    [("balance", "how much money is on my account"), ("transfer", "send ten dollars to my sister"), ("freeze", "please lock my account")]
);
_ = await learner.AdaptAsync(support);
_ = learner.Calibrate(support); // so that predictions can say "none of these"

Prediction intent = learner.Predict("what is left on the account");
Console.WriteLine(intent.IsConfident == false ? "none of these" : intent.Label);
