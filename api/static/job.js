/* The progress of one job, as the server tells it. When the job has ended the page is read anew, with its result. */
const job = document.getElementById("job");
const words = { queued: "waits", running: "runs", done: "done", failed: "failed", cancelled: "cancelled" };
const events = new EventSource(job.dataset.events);
events.addEventListener("job", (event) => {
  const now = JSON.parse(event.data);
  const run = now.runs.at(-1);
  if (["done", "failed", "cancelled"].includes(now.state)) {
    events.close();
    location.reload();
    return;
  }
  document.getElementById("job-state").textContent = words[now.state];
  document.getElementById("job-said").textContent = run ? run.said || "starting" : "waits for a worker";
  if (now.worker) document.getElementById("job-worker").textContent = now.worker;
  const bar = document.getElementById("job-progress");
  bar.hidden = !run?.n_all;
  if (run?.n_all) {
    bar.max = run.n_all;
    bar.value = run.n_done;
  }
});
