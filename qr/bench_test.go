package qr

import (
	"image/color"
	"strings"
	"testing"
)

func BenchmarkEncode(b *testing.B) {
	link := PairingLink("https://ham.example", strings.Repeat("Q", codeLength))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Encode(link); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSVG(b *testing.B) {
	c := mustEncode(b, sampleLink)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(c.SVG())))
	}
}

func BenchmarkDecodeScreenshot1080p(b *testing.B) {
	img := screenshot(mustEncode(b, sampleLink))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(b.Context(), img); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeNothing1080p(b *testing.B) {
	img := page(1920, 1080, color.White)
	clutter(img, 7, color.Black)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(b.Context(), img); err == nil {
			b.Fatal("a code was found")
		}
	}
}

func BenchmarkParseLink(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseLink(sampleLink); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeNothing4K(b *testing.B) {
	img := page(3840, 2160, color.White)
	clutter(img, 7, color.Black)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(b.Context(), img); err == nil {
			b.Fatal("a code was found")
		}
	}
}

func BenchmarkFindQuick640x480(b *testing.B) {
	img := frame(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := FindQuick(b.Context(), img); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFindQuickNothing640x480(b *testing.B) {
	img := page(640, 480, color.White)
	clutter(img, 7, color.Black)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := FindQuick(b.Context(), img); err == nil {
			b.Fatal("a code was found")
		}
	}
}

func BenchmarkStencil(b *testing.B) {
	const origin = "https://ham.example"
	s, link := mustStencil(b, origin), PairingLink(origin, strings.Repeat("Q", codeLength))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Encode(link); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewStencil(b *testing.B) {
	for b.Loop() {
		if _, err := NewStencil(PairingLink("https://ham.example", ""), codeLength); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPath(b *testing.B) {
	c := mustEncode(b, PairingLink("https://ham.example", strings.Repeat("Q", codeLength)))
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(c.Path())))
	}
}
