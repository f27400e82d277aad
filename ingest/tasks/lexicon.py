"""Words that several tasks share: common, concrete, one token each for most tokenizers, and not too many.

A language model that is trained on the tasks' sentences needs no other words than those of the tasks, so they are used
again wherever they fit. A word stands for one thing only: no colour among the fruits, no tool among the verbs.
"""

KINDS = {
    "animal": ("dog", "cat", "horse", "cow", "lion", "tiger", "rabbit", "mouse", "sheep", "wolf"),
    "fruit": ("apple", "banana", "lemon", "cherry", "grape", "peach", "pear", "melon"),
    "tool": ("hammer", "ladder", "drill", "knife", "spoon", "brush", "needle", "rope"),
    "metal": ("iron", "gold", "silver", "copper", "steel", "tin", "bronze", "zinc"),
    "vehicle": ("car", "truck", "bus", "train", "boat", "plane", "ship", "bicycle"),
    "drink": ("beer", "wine", "coffee", "tea", "milk", "juice", "water", "soda"),
}
"""Kinds of things, and things of each."""

COLORS = ("red", "blue", "green", "yellow", "black", "white", "brown", "pink", "purple", "gray")

OBJECTS = ("book", "ball", "ring", "letter", "key", "cup", "flower", "picture", "hat", "bag", "box", "lamp")
"""Things that have any color and can be given away."""

LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
