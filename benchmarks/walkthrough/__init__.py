"""Walk every survey method the whole way in real browsers, with opinions that were planted beforehand.

    python -m benchmarks.walkthrough [--methods acr,pair] [--out FOLDER]

For each method a study is made of self-made pictures of known quality and served by `srbench survey serve`: over HTTP
by a host name and by the address of this machine, then over HTTPS. Raters in Chromium and Firefox go all the way, from
the invitation to the thanks. They know a picture by its painted pixels alone: each is cut out of a screenshot of the
window and must equal one of the study's pictures to the last bit. Their answers are a function of what they saw. Then
the study is exported and analysed, every row of the package is compared with what was seen and answered, and the scores
with those that are computed here from the planted answers, by other code.

Among the raters are one who answers without looking, one who loads a page again, one with two tabs, one whose network
fails, one with a phone, and screens with two device pixels in a CSS pixel. The exit code is 1 if anything differs.

Needs Chromium, Firefox ESR, openssl and the extra `test`, which has playwright, selenium and geckodriver.
"""
