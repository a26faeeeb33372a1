// Reads a code before the camera and looks at its link. The page works without it: links can be pasted.

const button = document.querySelector("[data-camera]");
const dialog = document.getElementById("camera");
const video = dialog.querySelector("video");
const told = dialog.querySelector("[role=status]");
const LOOK_MS = 200;
const LINK = /^pcloud:contact\/1\//i;

// What the browser can do itself is taken; else the decoder that comes with the page, loaded only now.
const reader = async () => {
  if ("BarcodeDetector" in globalThis && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await detector.detect(video))[0]?.rawValue;
  }
  const { default: decode } = await import(button.dataset.decoder);
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return async () => {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    pen.drawImage(video, 0, 0);
    try {
      return decode(pen.getImageData(0, 0, canvas.width, canvas.height));
    } catch {
      return undefined; // no code in this picture: the next one may have one
    }
  };
};

const look = async () => {
  told.textContent = told.dataset.words;
  dialog.showModal();
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    told.textContent = told.dataset.none;
    return;
  }
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  if (!dialog.open) return stop(); // it was closed while the browser asked
  dialog.addEventListener("close", stop, { once: true });
  video.srcObject = stream;
  await video.play();
  const read = await reader();
  while (dialog.open) {
    const text = video.videoWidth ? await read() : undefined;
    if (text && LINK.test(text)) {
      document.getElementById("f-link").value = text;
      dialog.close();
      document.querySelector("form.connect").requestSubmit();
      return;
    }
    if (text) told.textContent = told.dataset.other;
    await new Promise((go) => setTimeout(go, LOOK_MS));
  }
};

if (navigator.mediaDevices?.getUserMedia) {
  button.hidden = false;
  button.addEventListener("click", look);
}
