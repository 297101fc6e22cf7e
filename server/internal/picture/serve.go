package picture

import "net/http"

// Serve answers with a PNG that this package made. A picture that others may
// show on their own pages is public; any other is for ours alone.
func Serve(w http.ResponseWriter, png []byte, public bool) {
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	if public {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	} else {
		h.Set("Cache-Control", "private, max-age=300")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
	}
	_, _ = w.Write(png) // a browser that has gone needs no answer
}
