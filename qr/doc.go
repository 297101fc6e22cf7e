// Package qr knows what the QR codes of Ham Connect say and look like.
//
//	text ── ParseLink ──▶ Link               link.go, origin.go, authorize.go
//	text ── Encode ─────▶ Code ─▶ SVG, PNG, terminal   encode.go, path.go, terminal.go
//	bytes ─ ReadPicture ▶ image.Image        picture.go
//	image ─ Decode ─────▶ texts              decode.go and the steps of its ladder:
//	                                         gray.go, region.go, detect.go
//
// Whatever comes out of Decode was written by a stranger. Hand it to ParseLink
// and show a person nothing else of it. A Link is well formed, which does not
// mean that it is friendly: whether its origin may be spoken to is for the
// caller to decide.
package qr
