"""Lists the words for the contents of the pictures and their synonyms, written by hand."""

from typing import Final

COLOUR_ALIASES: Final[dict[str, str]] = {
    "black": "ebony jet onyx raven",
    "white": "ivory snow pearl alabaster snowy chalk",
    "grey": "gray silver charcoal slate ash graphite anthracite steel silvery greyish grayish",
    "red": "crimson scarlet ruby cherry vermilion reddish",
    "orange": "tangerine apricot amber orangey",
    "yellow": "golden gold mustard canary saffron yellowish",
    "green": "olive emerald khaki mint jade moss forest sage greenish neon-green",
    "blue": "navy azure cobalt indigo sapphire bluish denim royal-blue sky-blue",
    "purple": "violet lilac lavender plum-coloured mauve aubergine-coloured amethyst",
    "pink": "rose fuchsia magenta salmon blush coral pinkish hot-pink",
    "brown": "chocolate chestnut tan hazel mahogany walnut bronze cognac brownish",
    "beige": "cream camel sand ecru taupe nude off-white oatmeal",
}
"""Maps a basic colour to its other names."""

MIXED_COLOURS: Final[dict[str, tuple[str, ...]]] = {
    "turquoise": ("blue", "green"),
    "teal": ("blue", "green"),
    "cyan": ("blue", "green"),
    "aqua": ("blue", "green"),
    "lime-green": ("green", "yellow"),
    "chartreuse": ("green", "yellow"),
    "maroon": ("red", "brown"),
    "burgundy": ("red", "purple"),
    "wine-red": ("red", "purple"),
    "bordeaux": ("red", "purple"),
    "rust": ("orange", "brown"),
    "terracotta": ("orange", "brown"),
    "peach-coloured": ("orange", "pink"),
    "copper": ("orange", "brown"),
    "black and white": ("black", "white"),
    "blue": ("blue", "white"),
    "dark blue": ("blue", "black"),
    "dark green": ("green", "black"),
    "dark red": ("red", "black"),
    "green": ("green", "white"),
    "pink": ("pink", "white"),
    "grey": ("grey", "white"),
    "dark grey": ("grey", "black"),
    "dark brown": ("brown", "black"),
    "brown": ("brown", "beige"),
}

PATTERN_ALIASES: Final[dict[str, str]] = {
    "plain": "solid uni unicoloured unicolored unpatterned single-coloured",
    "striped": "stripe stripy pinstripe pinstriped striping breton",
    "checked": "check plaid tartan gingham chequered checkered checker lumberjack",
    "dotted": "dot spotted spot polka-dot polka-dotted polka dots",
    "floral": "flower flowery blossom flowered botanical",
    "camouflage": "camo army military blotchy",
}

ALIASES: Final[dict[str, str]] = {
    "t-shirt": "tee tshirt t-shirts tee-shirt tank-top singlet jersey camisole undershirt",
    "longsleeve": (
        "jumper sweater pullover sweatshirt long-sleeve long-sleeved hoodie hoody cardigan "
        "knitwear turtleneck henley jersey-top"
    ),
    "trousers": (
        "pants jeans slacks chinos leggings joggers sweatpants jeggings cargo-pants corduroys "
        "trouser tights culottes"
    ),
    "shorts": "bermuda bermudas boxers trunks hot-pants swim-shorts",
    "shirt": "blouse dress-shirt button-down button-up oxford-shirt chemise tunic flannel",
    "outwear": (
        "jacket coat parka anorak outerwear blazer raincoat windbreaker overcoat trench-coat "
        "bomber fleece gilet puffer down-jacket windcheater"
    ),
    "dress": "gown frock sundress robe maxi-dress evening-dress pinafore",
    "skirt": "miniskirt mini-skirt kilt tutu midi-skirt pencil-skirt",
    "hat": (
        "cap beanie bonnet fedora sunhat headwear baseball-cap bobble-hat beret panama "
        "bucket-hat trilby headgear"
    ),
    "shoes": (
        "shoe sneaker trainer footwear running-shoe loafer sandal slipper moccasin high-heel "
        "flip-flop gym-shoe plimsoll"
    ),
    "boots": "boot wellington ankle-boot bootie wellies rubber-boot gumboot",
    "clothing": "clothes garment apparel wear outfit fashion textile clothe",
    "car": "automobile saloon sedan hatchback motorcar station-wagon limousine",
    "sports car": (
        "sports-car sportscar racing-car race-car supercar roadster coupe ferrari lamborghini "
        "porsche"
    ),
    "van": "lorry truck minivan transporter delivery-van pickup",
    "vehicle": "transport motor-vehicle",
    "bicycle": "bike pushbike road-bike mountain-bike two-wheeler",
    "scooter": "kick-scooter kickboard",
    "ball": "football basketball soccer-ball beach-ball handball volleyball",
    "toy": "plaything",
    "watch": "wristwatch timepiece smartwatch chronograph",
    "bag": "handbag purse tote satchel clutch shoulder-bag shopper",
    "backpack": "rucksack knapsack daypack schoolbag school-bag",
    "luggage": "baggage suitcase",
    "sunglasses": "glasses spectacles eyewear eyeglasses sunglass",
    "accessory": "accessories accessorie jewellery jewelry",
    "mug": "cup teacup coffee-cup coffee-mug beaker tankard",
    "plate": "saucer platter dinner-plate",
    "bottle": "flask wine-bottle water-bottle carafe flagon",
    "tableware": "crockery dishware kitchenware dinnerware",
    "book": "novel paperback hardback notebook textbook hardcover",
    "stationery": "paper-goods",
    "lamp": "table-lamp desk-lamp lampshade bedside-lamp nightlight",
    "chair": "stool dining-chair kitchen-chair",
    "table": "desk dining-table coffee-table side-table bench",
    "sofa": "couch settee loveseat divan armchair",
    "clock": "wall-clock alarm-clock",
    "furniture": "furnishing interior decor household",
    "phone": "smartphone mobile cellphone cell-phone iphone mobile-phone telephone handset android",
    "headphones": "headphone headset earphone earbuds",
    "electronics": "electronic gadget device tech technology",
    "umbrella": "parasol brolly sunshade",
    "juice": "nectar smoothie fruit-juice",
    "milk": "dairy-milk whole-milk skimmed-milk",
    "yoghurt": "yogurt yoghourt joghurt yogourt",
    "sour cream": "creme-fraiche sour-cream",
    "sour milk": "filmjolk buttermilk kefir sour-milk",
    "oat milk": "oat-milk oat-drink oatmilk",
    "oatghurt": "oat-yoghurt oat-yogurt oatgurt",
    "soy milk": "soya-milk soy-milk soy-drink soya-drink soymilk",
    "soyghurt": "soy-yoghurt soy-yogurt soya-yoghurt soya-yogurt soygurt",
    "aubergine": "eggplant brinjal",
    "zucchini": "courgette",
    "pepper": "capsicum paprika bell-pepper sweet-pepper",
    "red beet": "beetroot beet red-beet",
    "satsumas": "mandarin clementine satsuma tangerine-fruit",
    "red grapefruit": "grapefruit red-grapefruit pomelo",
    "mushroom": "champignon fungus fungi chestnut-mushroom",
    "onion": "shallot",
    "potato": "spud",
    "cabbage": "white-cabbage kale",
    "melon": "musk-melon sugar-melon",
    "carrots": "carrot",
    "passion fruit": "passionfruit maracuja granadilla",
    "papaya": "pawpaw",
    "kiwi": "kiwifruit",
    "leek": "spring-onion",
    "cucumber": "gherkin",
    "fruit": "fruits citrus-fruit",
    "vegetables": "vegetable veg veggie veggies",
    "packages": "package packet carton packaging tetrapak tetra-pak",
    "organic": "ecological eco bio krav",
    "dairy": "milk-product",
    "food": "grocery groceries edible foodstuff produce",
    "drink": "beverage drinks refreshment",
}
"""Maps a word or phrase to its other names. A hyphen in them stands for a space."""

EXTRA_WORDS: Final[dict[str, str]] = {
    "t-shirt": "clothing cotton short-sleeved summer casual",
    "longsleeve": "clothing cotton knitted wool warm casual",
    "pants": "clothing cotton long legs casual",
    "shorts": "clothing cotton summer legs",
    "shirt": "clothing cotton collar buttons formal business",
    "outwear": "clothing warm winter zip outdoor leather",
    "dress": "clothing women ladies party elegant",
    "skirt": "clothing women ladies waist",
    "hat": "clothing head accessory",
    "shoes": "clothing leather feet sole laces pair",
    "boots": "shoes leather feet winter",
    "car": "vehicle metal road driving four-wheeled",
    "sports-car": "car vehicle metal fast racing",
    "van": "vehicle metal cargo delivery",
    "bicycle": "vehicle metal pedals frame",
    "scooter": "vehicle metal children",
    "ball": "toy round rubber leather",
    "watch": "accessory metal leather strap wrist time hands",
    "bag": "luggage leather handle women fashion",
    "backpack": "luggage nylon school hiking straps travel",
    "sunglasses": "accessory plastic lenses summer sun frame",
    "mug": "tableware ceramic porcelain coffee tea handle",
    "plate": "tableware ceramic porcelain round dinner",
    "bottle": "tableware glass drink wine water",
    "book": "stationery paper reading cover pages",
    "lamp": "furniture electric bedside lighting bulb",
    "chair": "furniture wooden wood legs seat-back",
    "table": "furniture wooden wood legs",
    "sofa": "furniture upholstered fabric cushions lounge",
    "clock": "furniture round time hands wall dial",
    "phone": "electronics screen glass mobile-device touch",
    "headphones": "electronics music audio ear",
    "umbrella": "accessory nylon rain handle",
    "apple": "fruit food fresh round",
    "Banana": "fruit food fresh",
}
"""Maps a label to words that are true of all its pictures: use, material, part, hypernym."""

SECTION_WORDS: Final[dict[str, str]] = {
    "Fruit": "fruit food fresh",
    "Vegetables": "vegetables food fresh",
    "Packages": "packages food drink",
}
GROUP_WORDS: Final[dict[str, str]] = {
    "Milk": "dairy",
    "Yoghurt": "dairy",
    "Sour-Cream": "dairy",
    "Sour-Milk": "dairy",
    "Soy-Milk": "vegan plant-based",
    "Soyghurt": "vegan plant-based",
    "Oat-Milk": "vegan plant-based",
    "Oatghurt": "vegan plant-based",
    "Orange": "citrus",
    "Lemon": "citrus",
    "Lime": "citrus",
    "Satsumas": "citrus",
    "Red-Grapefruit": "citrus",
    "Nectarine": "stone-fruit",
    "Peach": "stone-fruit",
    "Plum": "stone-fruit",
}
