// The account page works without this. With it, moments are in the reader's
// own time, a picture is made small before it is sent, and recovery codes can
// be copied and printed.

const { lang } = document.documentElement;
const format = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' });
for (const time of document.querySelectorAll('time[datetime]')) {
  time.title = time.textContent;
  time.textContent = format.format(new Date(time.dateTime));
}

// A photo of a camera is larger than the server takes; what is kept of it is a
// square of 512 pixels anyway. The browser turns it upright.
const upload = document.querySelector('[data-slot=picture]');
upload?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const input = upload.querySelector('input[type=file]');
  try {
    const image = await createImageBitmap(input.files[0], { imageOrientation: 'from-image' });
    const side = Math.min(image.width, image.height);
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 512;
    canvas.getContext('2d').drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, 512, 512);
    const blob = await new Promise((done) => { canvas.toBlob(done, 'image/png'); });
    const small = new DataTransfer();
    small.items.add(new File([blob], 'picture.png', { type: 'image/png' }));
    input.files = small.files;
  } catch {
    // The server says what is wrong with it.
  }
  upload.submit();
});

const codes = document.querySelector('[data-slot=codes]');
if (codes) {
  const copy = document.querySelector('[data-action=copy]');
  const print = document.querySelector('[data-action=print]');
  copy.hidden = !navigator.clipboard;
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText([...codes.querySelectorAll('code')].map((code) => code.textContent).join('\n'));
    copy.textContent = copy.dataset.done;
  });
  print.hidden = false;
  print.addEventListener('click', () => window.print());
}
