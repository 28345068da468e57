// Takes in a newer drawing without losing the reader's place or what they have opened.
const lead = document.querySelector(".lead");
let drawn = document.documentElement.dataset.drawn;

async function look() {
  try {
    const answer = await fetch("drawn", { cache: "no-store" });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    if (text !== drawn) {
      const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
      const open = [...document.querySelectorAll("details")].map((each) => each.open);
      document.querySelector("main").replaceWith(page.querySelector("main"));
      document.querySelectorAll("details").forEach((each, i) => { each.open = open[i] ?? false; });
      drawn = text;
    }
    lead.textContent = `What is stored, how complete and how fresh it is. Drawn ${drawn}; redrawn as data arrives.`;
    lead.classList.remove("stale");
  } catch (error) {
    lead.textContent = `Drawn ${drawn}. No newer figures: ${error.message || "the stack does not answer"}.`;
    lead.classList.add("stale");
  }
}
setInterval(look, 5000);
