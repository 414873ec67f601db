"""Random models: drawn, written as specs, judged by mergecli and Keras, run, and reduced."""
