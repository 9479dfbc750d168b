using Kindling.Bundles;
using Kindling.Playground;

// Draw a few characters, and the server learns them: `make playground`, then http://localhost:5000.
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(
    new WebApplicationOptions { Args = args, WebRootPath = Path.Combine(AppContext.BaseDirectory, "wwwroot") }
);
builder.Services.AddKindling(options =>
{
    options.Bundle = builder.Configuration["Bundle"] ?? "models/omniglot-5w1s/bundle";
    options.RollbackDepth = Visitors.Undos;
});
builder.Services.AddHealthChecks().AddKindling();
builder.Services.AddSingleton<Visitors>();
builder.Services.Configure<Microsoft.AspNetCore.Http.Json.JsonOptions>(options => options.SerializerOptions.MaxDepth = 8);
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 16 << 20);
WebApplication app = builder.Build();
app.UseDefaultFiles();
app.UseStaticFiles();
app.MapHealthChecks("/health");

RouteGroupBuilder visitor = app.MapGroup("/api/{visitor}").AddEndpointFilter(Faults.AsProblems);
visitor.MapPost(
    "/learn",
    async (string visitor, LabelledDrawing[] drawings, Visitors visitors, CancellationToken cancelled) =>
    {
        AdaptReport report = await visitors.LearnAsync(visitor, drawings, cancelled);
        return new
        {
            report.Accepted,
            report.Reason,
            report.Losses,
            Milliseconds = report.Elapsed.TotalMilliseconds,
            Findings = report.Findings.Select(finding => finding.Message),
        };
    }
);
visitor.MapPost(
    "/predict",
    (string visitor, Drawing drawing, Visitors visitors) =>
    {
        Prediction prediction = visitors.Predict(visitor, drawing);
        return new { prediction.Label, Scores = prediction.Names.Zip(prediction.Values, (name, value) => new { name, value }) };
    }
);
visitor.MapPost("/undo", (string visitor, Visitors visitors) => new { Undone = visitors.Undo(visitor) });
visitor.MapGet(
    "/model.onnx",
    (string visitor, Visitors visitors) => Results.File(visitors.Bake(visitor), "application/octet-stream", "drawings.onnx")
);
app.Run();
