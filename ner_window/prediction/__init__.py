"""Prediction from streams: any input format to any output format, a piece of the input in memory at a time."""

from ner_window.prediction.formats import sniff as sniff
from ner_window.prediction.outputs import encoded as encoded
from ner_window.prediction.outputs import refuse_existing_file as refuse_existing_file
from ner_window.prediction.outputs import write_whole as write_whole
from ner_window.prediction.stream import predict as predict
from ner_window.prediction.threshold import Threshold as Threshold
from ner_window.prediction.threshold import threshold_for as threshold_for
