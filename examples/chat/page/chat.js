// Every text is set by textContent: what anybody wrote is never markup.
const talk = document.getElementById("talk");
const form = document.getElementById("form");
const input = document.getElementById("text");
const button = form.querySelector("button");

function show(who, text) {
  const line = document.createElement("li");
  line.className = who;
  line.textContent = text;
  talk.append(line);
  line.scrollIntoView({ block: "end" });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value;
  if (text.trim() === "") return;
  show("customer", text);
  input.value = "";
  button.disabled = true;
  const source = new EventSource("/ask?" + new URLSearchParams({ text }));
  const over = () => { // an EventSource that is not closed connects again
    source.close();
    button.disabled = false;
    input.focus();
  };
  source.addEventListener("part", (e) => show("ai", JSON.parse(e.data).text));
  source.addEventListener("failed", (e) => { show("failed", JSON.parse(e.data).message); over(); });
  source.addEventListener("end", over);
  source.onerror = () => { show("failed", "The connection was lost."); over(); };
});
